import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@atrium/platform/database/database.ts'
import { createLeadership, type Leadership } from '@atrium/platform/database/leadership.ts'
import type { Wakeups } from '@atrium/platform/database/wakeups.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { listPendingClones } from '../projections/clone-list/query.ts'
import { makeClone, type MakeCloneDeps } from './make-clone.ts'

export interface CloneWorkerOptions extends MakeCloneDeps {
  readonly database: Database
  readonly wakeups: Wakeups
  readonly logger: Logger
}

export interface CloneWorker {
  start(): void
  /** Waits for the copy that is under way. */
  close(): Promise<void>
}

/** Copies taken up in one round. */
const roundMax = 20
const safetyPollMs = 10_000
/** Before what failed is tried again, because another context is away. */
const faultRetryMs = 5_000

/** One process of all makes the copies, one after the other; another goes on where it ends. */
export function createCloneWorker(options: CloneWorkerOptions): CloneWorker {
  const { database, wakeups, logger } = options
  let leadership: Leadership | undefined

  async function lead(signal: AbortSignal) {
    while (!signal.aborted) {
      const seen = wakeups.count()
      const pending = await listPendingClones(database.owner, { limit: roundMax })
      let failed = false
      for (const clone of pending) {
        if (signal.aborted) return
        await makeClone(options, clone).catch((error: unknown) => {
          failed = true
          const { cloneId } = clone
          logger.warn({ err: error, cloneId }, 'a copy was not made; it is tried again')
        })
      }
      if (failed) await delay(faultRetryMs, undefined, { signal }).catch(() => undefined)
      else if (!signal.aborted) await wakeups.after(seen, safetyPollMs)
    }
  }

  return {
    start() {
      leadership ??= createLeadership({ database, name: 'pdf clones', logger, lead })
    },
    async close() {
      const closed = leadership?.close()
      wakeups.wake()
      await closed
    },
  }
}
