import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './source-tree.ts'

const outputFile = join(mkdtempSync(join(tmpdir(), 'atrium-check-')), 'output')

/** What `npm run check` runs, all of it, whatever fails; each ends with 0 when all is well. */
const checks = [
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['types', 'tsc', '--project', '.'],
  ['house style and imports', 'vitest', 'run', '--project', 'checks'],
] as const

const failed = checks.filter(([name, program, ...args]) => {
  console.log(`\n── ${name}: ${program} ${args.join(' ')}`)
  // Into a file: oxlint gives up when a pipe does not take everything at once.
  const output = openSync(outputFile, 'w')
  const { status } = spawnSync(program, args, { cwd: root, stdio: ['ignore', output, output] })
  closeSync(output)
  console.log(readFileSync(outputFile, 'utf8').trim())
  return status !== 0
})

rmSync(dirname(outputFile), { recursive: true })
if (failed.length === 0) {
  console.log('\nEverything is as the house wants it.')
} else {
  console.error(`\nNot as the house wants it: ${failed.map(([name]) => name).join(', ')}.`)
  process.exitCode = 1
}
