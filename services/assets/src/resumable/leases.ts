import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import type { Pool } from 'pg'
import { renewLease, returnLease, takeLease, type WhichUpload } from './lease-table.ts'

/** The right to write to one upload, for one request of all processes. */
export interface Lease {
  /** Raised when it is lost, or given up to another request while nothing comes. */
  readonly signal: AbortSignal
  /** Taken from a holder that may not know of it, and may have written what nobody saw. */
  readonly isTakenOver: boolean
  /** Bytes have come: their sender is there. Throws where the lease is over. */
  note(): void
  /** No more bytes are waited for: from now on it is given up to nobody. */
  settle(): void
  /** Throws Rejection `upload-locked` where it is lost: asked before what cannot be undone. */
  demand(): Promise<void>
}

export interface UploadLeases {
  /**
   * Does the work while nobody else writes. Waits a while for another request: one to which nothing
   * comes gives way, its connection is most likely dead. Throws Rejection `upload-locked`.
   */
  hold<Result>(
    which: WhichUpload,
    work: (lease: Lease) => Promise<Result>,
    options?: { readonly waitMs?: number },
  ): Promise<Result>
  /** Ends a request of this process to which nothing comes, and waits until it has let go. */
  nudge(which: WhichUpload): Promise<void>
}

export interface LeaseTimes {
  /** Until another process may write after one that died. */
  readonly leaseMs: number
  readonly renewEveryMs: number
  /** How long a request waits for another one, and how often it looks. */
  readonly waitMs: number
  readonly lookEveryMs: number
  /** A sender from whom nothing comes for so long makes room for one who asks. */
  readonly quietMs: number
}

export const leaseTimesDefault: LeaseTimes = {
  leaseMs: 10_000,
  renewEveryMs: 2_000,
  waitMs: 4_000,
  lookEveryMs: 100,
  quietMs: 1_000,
}

export interface LeaseOptions {
  readonly owner: Pick<Pool, 'query'>
  readonly logger: Logger
  readonly times?: Partial<LeaseTimes>
}

/** A lease that this process has. */
interface Held extends Lease {
  /** Ends the work where nothing has come for a while. */
  giveWay(): void
  end(): Promise<void>
  readonly ended: Promise<void>
}

/**
 * Leases of uploads. The blob store leaves it to them that one process at a time appends to a
 * stage: a holder stops by its own clock before its time is over, and asks the table again before
 * it makes anything final.
 */
export function createUploadLeases(options: LeaseOptions): UploadLeases {
  const times = { ...leaseTimesDefault, ...options.times }
  const holders = new Map<string, Held>()
  const keyOf = ({ tenant, uploadId }: WhichUpload) => `${tenant}/${uploadId}`

  async function take(which: WhichUpload, waitMs: number): Promise<Held> {
    const giveUpAt = performance.now() + waitMs
    const key = keyOf(which)
    do {
      const here = holders.get(key)
      here?.giveWay()
      const held = here ? undefined : await tryTake(options, times, which)
      if (held) {
        holders.set(key, held)
        void held.ended.then(() => holders.delete(key))
        return held
      }
      if (waitMs > 0) await Promise.race([delay(times.lookEveryMs), ...(here ? [here.ended] : [])])
    } while (performance.now() < giveUpAt)
    throw new Rejection('upload-locked')
  }

  return {
    async hold(which, work, { waitMs = times.waitMs } = {}) {
      const held = await take(which, waitMs)
      try {
        return await work(held)
      } finally {
        await held.end()
      }
    },
    async nudge(which) {
      const here = holders.get(keyOf(which))
      here?.giveWay()
      if (here?.signal.aborted) await here.ended
    },
  }
}

async function tryTake(
  { owner, logger }: LeaseOptions,
  times: LeaseTimes,
  which: WhichUpload,
): Promise<Held | undefined> {
  const holder = randomUUID()
  const { leaseMs, quietMs, renewEveryMs } = times
  let aliveUntil = performance.now() + leaseMs
  const taken = await takeLease(owner, which, { holder, leaseMs })
  if (!taken) return undefined

  const lost = new AbortController()
  const ended = Promise.withResolvers<void>()
  const lose = () => lost.abort(new Rejection('upload-locked'))
  let cameAt: number | undefined = performance.now()
  const giveWay = () => {
    if (cameAt !== undefined && performance.now() - cameAt >= quietMs) lose()
  }
  const renew = async () => {
    const askedAt = performance.now()
    const renewed = await renewLease(owner, which, { holder, leaseMs })
    if (!renewed) return lose()
    aliveUntil = askedAt + leaseMs
    if (renewed.isWanted) giveWay()
  }
  const watch = setInterval(() => {
    if (performance.now() >= aliveUntil) return lose()
    renew().catch((error: unknown) => {
      logger.warn({ err: error }, 'the lease of an upload was not renewed; it is tried again')
    })
  }, renewEveryMs)

  return {
    signal: lost.signal,
    isTakenOver: taken.isTakenOver,
    note() {
      if (performance.now() >= aliveUntil) lose()
      lost.signal.throwIfAborted()
      cameAt = performance.now()
    },
    settle() {
      cameAt = undefined
    },
    async demand() {
      await renew()
      lost.signal.throwIfAborted()
    },
    giveWay,
    ended: ended.promise,
    async end() {
      clearInterval(watch)
      await returnLease(owner, which, holder).catch((error: unknown) => {
        logger.warn({ err: error }, 'the lease of an upload was not given back; it ends by itself')
      })
      ended.resolve()
    },
  }
}
