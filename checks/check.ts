import { spawnSync } from 'node:child_process'
import { root } from './source-tree.ts'

const outputSizeBytesMax = 64 * 1024 * 1024

/** What `npm run check` runs, all of it, whatever fails; each ends with 0 when it has nothing to say. */
const checks = [
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['types', 'tsc', '--project', '.'],
  ['house style and imports', 'vitest', 'run', '--project', 'checks'],
] as const

const failed = checks.filter(([name, program, ...args]) => {
  console.log(`\n── ${name}: ${program} ${args.join(' ')}`)
  // Through pipes of its own: oxlint gives up when a pipe it was handed does not take all at once.
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: outputSizeBytesMax,
  })
  console.log(`${stdout}${stderr}`.trim())
  return status !== 0
})

if (failed.length === 0) {
  console.log('\nEverything is as the house wants it.')
} else {
  console.error(`\nNot as the house wants it: ${failed.map(([name]) => name).join(', ')}.`)
  process.exitCode = 1
}
