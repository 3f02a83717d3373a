import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { platform } from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The memory that a process has, in bytes, as the kernel counts it; undefined where it has ended.
 */
export async function residentBytesOf(pid: number): Promise<number | undefined> {
  const kilobytes = platform === 'linux' ? await fromProc(pid) : await fromPs(pid)
  return kilobytes === undefined ? undefined : kilobytes * 1_024
}

async function fromProc(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'latin1')
    return numberIn(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1])
  } catch {
    return undefined
  }
}

async function fromPs(pid: number): Promise<number | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)])
    return numberIn(stdout.trim())
  } catch {
    return undefined
  }
}

const numberIn = (text: string | undefined) =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
