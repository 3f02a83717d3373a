import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Names one process for ever: a pid alone comes back for another process, after a reboot or in a
 * container within minutes.
 */
export type ProcessRecord = {
  readonly pid: number
  /** When it began, in whatever form this system tells it; compared, never read. */
  readonly startedAt: string
}

const pollMs = 20

/** The record of a process, or undefined when there is none of this pid. */
export function recordOf(pid: number): ProcessRecord | undefined {
  const startedAt = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

/** Whether the very process of this record is still alive. */
export function isAlive(record: ProcessRecord) {
  return recordOf(record.pid)?.startedAt === record.startedAt
}

/** The words a process was started with, or undefined when there is none of this pid. */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return processStatus(pid, 'command=')
  return readProcFile(pid, 'cmdline')?.replaceAll('\0', ' ')
}

/**
 * Signals the process of this record, and kills it when it is still there after `limitMs`.
 * Resolves when it is gone; does nothing when it is already gone, whoever has its pid now.
 */
export async function stopProcess(record: ProcessRecord, signal: NodeJS.Signals, limitMs: number) {
  const deadline = Date.now() + limitMs
  if (!isAlive(record)) return
  sendSignal(record.pid, signal)
  while (isAlive(record) && Date.now() < deadline) await pause(pollMs)
  while (isAlive(record)) {
    sendSignal(record.pid, 'SIGKILL')
    await pause(pollMs)
  }
}

/** A signal to a process that may end at any moment: gone is as good as signalled. */
export function sendSignal(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Fields 3 and 22 of proc_pid_stat(5); the name before them is in brackets and may hold spaces. */
function startOnLinux(pid: number) {
  const stat = readProcFile(pid, 'stat')
  if (!stat) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  if (state === 'Z' || state === 'X') return undefined
  return `${bootOf()}:${fields[19]}`
}

function bootOf() {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

function readProcFile(pid: number, name: 'stat' | 'cmdline') {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return undefined // ENOENT, or ESRCH when it ends between open and read
  }
}

function startElsewhere(pid: number) {
  const status = processStatus(pid, 'stat=')
  return status === undefined || status.startsWith('Z') ? undefined : processStatus(pid, 'lstart=')
}

function processStatus(pid: number, column: string) {
  try {
    const text = execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return text === '' ? undefined : text
  } catch {
    return undefined // ps ends with 1 when there is no such process
  }
}
