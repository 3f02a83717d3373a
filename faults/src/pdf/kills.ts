import { execFileSync } from 'node:child_process'
import { untilRecovered } from '../kills.ts'
import { root, type Platform } from '../platform.ts'
import type { Random } from '../random.ts'
import type { JobLog } from './log.ts'

/**
 * Who is killed: the service with its worker, relay, projections and reactions; one of its render
 * processes, in whatever it does; NATS, which carries what wakes and what others learn.
 */
export const pdfVictims = ['pdf', 'render', 'nats'] as const
export type PdfVictim = (typeof pdfVictims)[number]

/** Killed at a moment after so many events of a type. */
export interface PdfKill {
  readonly victim: PdfVictim
  readonly after: { readonly type: 'PdfRequested' | 'PdfCompleted'; readonly count: number }
  readonly waitMs: number
}

const waitMsMax = 400
/** Of the kills, so many fall while jobs are being asked for. */
const whileAskingShare = 0.25
const stepLimitMs = 300_000

/** In the order in which they happen. Every victim has its turns; the seed says when. */
export function planPdfKills(random: Random, jobsMax: number, killsMax: number): PdfKill[] {
  const whileAsking = Math.round(killsMax * whileAskingShare)
  return Array.from({ length: killsMax }, (_, index): PdfKill => {
    const type = index < whileAsking ? 'PdfRequested' : 'PdfCompleted'
    // Not the very last, or nothing would be left to be killed.
    return {
      victim: pdfVictims[index % pdfVictims.length] ?? 'pdf',
      after: { type, count: random.below(Math.floor(jobsMax * 0.9)) },
      waitMs: random.below(waitMsMax),
    }
  }).toSorted(
    (a, b) =>
      b.after.type.localeCompare(a.after.type) || // requested first
      a.after.count - b.after.count,
  )
}

/** Kills, and waits until the platform has recovered. Whether there was somebody to kill. */
export async function killPdf(
  platform: Platform,
  log: JobLog,
  { victim, after, waitMs }: PdfKill,
  random: Random,
): Promise<boolean> {
  await log.reached(after.type, after.count, stepLimitMs)
  await new Promise((resolve) => setTimeout(resolve, waitMs))
  const { processes } = await platform.runFile()
  if (victim === 'render') {
    const renders = renderProcesses().filter(({ parent }) => parent === processes['pdf']?.pid)
    const [first, ...others] = renders
    if (!first) return false
    process.kill(random.pick([first, ...others]).pid, 'SIGKILL')
    return true
  }
  const target = processes[victim]
  if (!target) throw new Error(`${victim} does not run here`)
  process.kill(target.pid, 'SIGKILL')
  await untilRecovered(platform, victim, target.pid)
  return true
}

const programs = ['render', 'preview'].map(
  (name) => `${root}/services/pdf-worker/src/${name}-process.ts`,
)

/** The render processes of this very code, whosever children they are. */
export function renderProcesses(): readonly { readonly pid: number; readonly parent: number }[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
  return listed.split('\n').flatMap((line) => {
    if (!programs.some((program) => line.includes(program))) return []
    const [pid, parent] = line.trim().split(/\s+/).map(Number)
    return pid === undefined || parent === undefined ? [] : [{ pid, parent }]
  })
}
