import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, vi } from 'vitest'
import { createOrphanGuard } from './orphan-guard.ts'
import { isAlive, recordOf } from './process-record.ts'

/** A starter with two children, one of which ignores the signal it gets. Writes their pids. */
const starter = `
  import { spawn } from 'node:child_process'
  import { createOrphanGuard } from '${new URL('orphan-guard.ts', import.meta.url).href}'
  const guard = createOrphanGuard(500)
  const start = (script) => spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' })
  const obedient = start('sleep 600')
  const stubborn = start('trap "" TERM; while true; do sleep 1; done')
  guard.watch(obedient.pid, 'SIGTERM')
  guard.watch(stubborn.pid, 'SIGTERM')
  guard.removeAtEnd(process.argv[1])
  console.log(obedient.pid, stubborn.pid)
  setInterval(() => undefined, 1000)
`

async function pidsFrom(child: ChildProcess) {
  if (!child.stdout) throw new Error('the starter has no output')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return line.split(' ').map(Number)
}

it('ends what a killed starter leaves behind, and removes its folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-orphans-'))
  const child = spawn(process.execPath, ['--input-type=module', '-e', starter, folder])
  const records = (await pidsFrom(child)).map(recordOf)
  expect(records).not.toContain(undefined)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 60_000 })
  expect(records.some((record) => record && isAlive(record))).toBe(false)
})

it('leaves alone what was taken off its list', async () => {
  const guard = createOrphanGuard()
  const child = spawn('sleep', ['600'])
  await once(child, 'spawn')
  guard.watch(child.pid ?? 0, 'SIGTERM')
  guard.unwatch(child.pid ?? 0)
  await guard.close()
  expect(child.signalCode).toBeNull()
  child.kill()
})
