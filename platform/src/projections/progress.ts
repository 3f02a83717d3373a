import type pg from 'pg'
import { Rejection } from '../rejection.ts'

/** How far a live projection has come. */
export interface ProgressNotice {
  readonly projection: string
  /** Grows with each switch of the projection. */
  readonly epoch: number
  readonly position: number
  readonly hasParked: boolean
}

/** The longest that a read waits for what was written. */
export const waitTimeoutMs = 2_000

/** While anybody waits, the checkpoints are read at least so often: a notice may be lost. */
const pollMs = 150

type Owner = Pick<pg.Pool, 'query'>

export type Progress = ReturnType<typeof createProgress>

/** What this process knows of the live projections' checkpoints, whoever moves them. */
export function createProgress(owner: Owner, projections: readonly string[]) {
  const known = new Map<string, ProgressNotice>()
  const waiters = new Set<() => void>()
  let reading: Promise<void> | undefined
  let isListening = false
  let changes = 0

  function note(notice: ProgressNotice) {
    const before = known.get(notice.projection)
    if (before && (before.epoch > notice.epoch || isOlder(notice, before))) return
    known.set(notice.projection, notice)
    changes += 1
    for (const wake of waiters) wake()
  }

  const refresh = () => {
    reading ??= readProgress(owner, projections)
      .then((notices) => notices.forEach(note))
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  async function isVisible(position: number) {
    const notices = projections.map((projection) => known.get(projection))
    if (notices.some((notice) => !notice || notice.position < position)) return false
    if (!notices.some((notice) => notice?.hasParked)) return true
    return !(await isSetAside(owner, projections, position))
  }

  /**
   * Returns when every live projection has handled its events up to the position. Throws Rejection
   * `not-yet-consistent` after the timeout, also where the event there was set aside.
   */
  async function waitFor(position: number, { timeoutMs = waitTimeoutMs } = {}): Promise<void> {
    if (await isVisible(position)) return
    const deadline = performance.now() + timeoutMs
    let nextRead = 0
    for (;;) {
      if (performance.now() >= nextRead) {
        await refresh()
        nextRead = performance.now() + pollMs
      }
      if (await isVisible(position)) return
      const now = performance.now()
      if (now >= deadline) throw new Rejection('not-yet-consistent', { position })
      await nextWake(waiters, Math.min(nextRead, deadline) - now)
    }
  }

  return {
    note,
    refresh,
    waitFor,
    /** The same for two reads between which no change was heard of; undefined while deaf. */
    version: () => (isListening ? changes : undefined),
    /** From now on changes are heard of; what came before was not. */
    listening() {
      isListening = true
      changes += 1
    },
    /** The server may have restarted, and lost the last commits: what was known counts no more. */
    forget() {
      isListening = false
      known.clear()
    },
  }
}

/** How far those of the projections that are live have come. */
async function readProgress(owner: Owner, projections: readonly string[]) {
  const { rows } = await owner.query<ProgressNotice>({
    name: 'projection progress',
    text: `select projection, epoch, position, exists (
             select from platform.parked_projection_event p
              where p.projection = g.projection and p.generation = g.generation) as "hasParked"
             from platform.projection_generation g
            where status = 'live' and projection = any ($1)`,
    values: [projections],
  })
  return rows
}

/** Whether the event at exactly this position was set aside in a live projection. */
async function isSetAside(owner: Owner, projections: readonly string[], position: number) {
  const { rowCount } = await owner.query(
    `select from platform.parked_projection_event p
       join platform.projection_generation g using (projection, generation)
      where g.status = 'live' and p.projection = any ($1) and p.position = $2`,
    [projections, position],
  )
  return (rowCount ?? 0) > 0
}

/** Resolves when the waiters are woken, at the latest after the limit. */
function nextWake(waiters: Set<() => void>, limitMs: number) {
  return new Promise<void>((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      waiters.delete(wake)
      resolve()
    }
    const timer = setTimeout(wake, Math.max(1, limitMs))
    waiters.add(wake)
  })
}

const isOlder = (notice: ProgressNotice, before: ProgressNotice) =>
  notice.epoch === before.epoch && notice.position < before.position

/** `<projection> <epoch> <position> <has parked>`, as `platform.advance_projection` says it. */
export function parseNotice(payload: string): ProgressNotice | undefined {
  const match = /^(\S+) (\d+) (\d+) ([01])$/.exec(payload)
  if (!match) return undefined
  const [, projection = '', epoch, position, hasParked] = match
  return {
    projection,
    epoch: Number(epoch),
    position: Number(position),
    hasParked: hasParked === '1',
  }
}
