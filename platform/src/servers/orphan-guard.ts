import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Ends the children of this process when it ends without doing so itself, kill -9 included: a small
 * process beside it reads what to stop, and acts when this process's end of the pipe closes.
 */
export type OrphanGuard = {
  readonly pid: number
  watch(pid: number, signal: NodeJS.Signals): void
  unwatch(pid: number): void
  /** A folder to be removed once everything watched has ended. */
  removeAtEnd(folder: string): void
  /** Stops at once whatever is still watched, the last first, and resolves when it is done. */
  close(): Promise<void>
}

const script = fileURLToPath(new URL('stop-orphans.sh', import.meta.url))

export function createOrphanGuard(stopLimitMs = 10_000): OrphanGuard {
  const tenths = String(Math.ceil(stopLimitMs / 100))
  // Detached: in a process group of its own, it outlives what is done to the starter's.
  const guard = spawn('/bin/sh', [script, tenths], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const ended = once(guard, 'exit')
  guard.unref()
  guard.stdin.on('error', () => undefined) // the guard was killed: then nothing is guarded
  const tell = (line: string) => guard.stdin.write(`${line}\n`)
  return {
    pid: guard.pid ?? 0,
    watch: (pid, signal) => tell(`watch ${pid} ${signal.slice('SIG'.length)}`),
    unwatch: (pid) => tell(`unwatch ${pid}`),
    removeAtEnd: (folder) => tell(`remove ${folder}`),
    async close() {
      guard.ref()
      guard.stdin.end()
      if (guard.exitCode === null && guard.signalCode === null) await ended
    },
  }
}
