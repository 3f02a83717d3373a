import { spawn } from 'node:child_process'

/** Ends render processes that outlive the service, also one that never gives way. */
export interface OutlivedGuard {
  watch(pid: number): void
  forget(pid: number): void
  close(): void
}

/** Reads `+ pid` and `- pid`; at the end of its input, which is the service's end, it kills. */
const script = `
pids=
while read -r sign pid; do
  kept=
  for each in $pids; do [ "$each" = "$pid" ] || kept="$kept $each"; done
  pids=$kept
  [ "$sign" = + ] && pids="$pids $pid"
done
for each in $pids; do kill -9 "$each" 2>/dev/null; done
`

/**
 * A shell that waits for the end of a pipe which only this process holds. In a process group of its
 * own, so that what is meant for the service does not end it first.
 */
export function createOutlivedGuard(): OutlivedGuard {
  const shell = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  })
  shell.unref()
  shell.on('error', () => {}) // without a shell, a process still ends when its channel does
  shell.stdin.on('error', () => {})
  const tell = (sign: '+' | '-', pid: number) => void shell.stdin.write(`${sign} ${pid}\n`)
  return {
    watch: (pid) => tell('+', pid),
    forget: (pid) => tell('-', pid),
    close: () => void shell.stdin.end(),
  }
}
