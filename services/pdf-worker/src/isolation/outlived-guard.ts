import { spawn } from 'node:child_process'

/**
 * Ends render processes that outlive the service, also one that never gives way, and removes their
 * folders.
 */
export interface OutlivedGuard {
  /** The folder has no space in its name. */
  watch(pid: number, workFolder: string): void
  forget(pid: number): void
  close(): void
}

/**
 * Reads `+ pid folder` and `- pid`; at the end of its input, which is the service's end, it kills.
 */
const script = `
watched=
while read -r sign pid folder; do
  kept=
  for each in $watched; do [ "\${each%%:*}" = "$pid" ] || kept="$kept $each"; done
  watched=$kept
  [ "$sign" = + ] && watched="$watched $pid:$folder"
done
for each in $watched; do kill -9 "\${each%%:*}" 2>/dev/null; done
for each in $watched; do rm -rf "\${each#*:}"; done
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
  return {
    watch: (pid, workFolder) => void shell.stdin.write(`+ ${pid} ${workFolder}\n`),
    forget: (pid) => void shell.stdin.write(`- ${pid}\n`),
    close: () => void shell.stdin.end(),
  }
}
