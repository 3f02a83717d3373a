import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@atrium/platform/database/database.ts'
import { createLeadership, type Leadership } from '@atrium/platform/database/leadership.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { collect, roundMax, type CollectDeps } from './collect.ts'
import { sweepUploads, type SweepDeps } from './sweep-uploads.ts'

export interface CollectorOptions extends CollectDeps, SweepDeps {
  readonly database: Pick<Database, 'connect'>
  readonly intervalMs: number
  /** Until the read models show what the round before has done, lest it is done again. */
  readonly caughtUp: () => Promise<unknown>
  readonly logger: Logger
}

/** Before the next one after a full round, which leaves something: also where all of it failed. */
const fullRoundPauseMs = 200

/** Collects round after round, in one process of all replicas. */
export function createCollector(options: CollectorOptions) {
  const { database, intervalMs, logger } = options
  let leadership: Leadership | undefined

  async function lead(signal: AbortSignal) {
    while (!signal.aborted) {
      const pauseMs = await round()
      await delay(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Resolves with how long to wait for the next one. */
  async function round(): Promise<number> {
    await attempt(options.caughtUp)
    const at = new Date().toISOString()
    const uploads = (await attempt(() => sweepUploads(options, at))) ?? 0
    const collected = await attempt(() => collect(options, at))
    const most = Math.max(uploads, ...Object.values(collected ?? {}).map(Number))
    if (most > 0) logger.info({ uploads, ...collected }, 'collected what nothing holds any more')
    return most >= roundMax ? fullRoundPauseMs : intervalMs
  }

  /** One kind of work that fails keeps no other from its turn. */
  async function attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      logger.warn({ err: error }, 'not all was collected; the next round tries again')
      return undefined
    }
  }

  return {
    start() {
      leadership ??= createLeadership({ database, name: 'assets collector', logger, lead })
    },
    /** Waits for the round that is under way. */
    close: async () => leadership?.close(),
  }
}
