import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import type { DomainEvent } from '../decider/decider.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { attempt } from './attempt.ts'
import { keepLeases, takeLeases, type Leased } from './leases.ts'
import type { ReactionDefinition } from './reaction.ts'
import { createSettlement, type Outcome } from './settlement.ts'
import type { Wakeups } from '../database/wakeups.ts'

export interface WorkerOptions<Deps> {
  readonly database: Pick<Database, 'owner'>
  readonly definitions: readonly ReactionDefinition<DomainEvent, Deps>[]
  readonly deps: Deps
  readonly wakeups: Wakeups
  readonly logger: Logger
  readonly tracing?: Tracing | undefined
  /** Aggregates that this process works on at once. */
  readonly concurrency: number
  onHandled(reaction: string, outcome: Outcome['status'], seconds: number): void
}

export interface Worker {
  start(): void
  /** Takes nothing new; what is under way gets the limit to end, then its signal. */
  close(): Promise<void>
}

/** For a lease or a back-off of a process that died; all else is told. */
const safetyPollMs = 2_000
const closeLimitMs = 5_000
const databaseRetryMs = 1_000

/**
 * Takes the oldest row of an aggregate, one at a time per aggregate among all processes, and lets
 * its reaction handle it.
 */
export function createWorker<Deps>(options: WorkerOptions<Deps>): Worker {
  const { database, definitions, deps, wakeups, logger, tracing, concurrency, onHandled } = options
  const byName = new Map(definitions.map((definition) => [definition.name, definition]))
  const settlement = createSettlement(database, logger)
  const underWay = new Map<Promise<void>, Leased>()
  const stopping = new AbortController()
  const ending = new AbortController()
  let working: Promise<void> | undefined
  let renewing: Promise<void> | undefined

  async function work() {
    while (!stopping.signal.aborted) {
      const seen = wakeups.count()
      const free = concurrency - underWay.size
      let leased: readonly Leased[] = []
      try {
        if (free > 0) leased = await takeLeases(database, [...byName.keys()], free)
      } catch (error) {
        logger.warn({ err: error }, 'the inbox cannot be read')
        await delay(databaseRetryMs * (0.5 + Math.random()))
        continue
      }
      for (const row of leased) begin(row)
      if (leased.length === 0) await wakeups.after(seen, safetyPollMs)
    }
  }

  function begin(row: Leased) {
    const handled = handle(row).finally(() => {
      underWay.delete(handled)
      wakeups.wake()
    })
    underWay.set(handled, row)
  }

  async function handle(row: Leased) {
    const definition = byName.get(row.reaction)
    if (!definition) return
    const startedAt = performance.now()
    const circumstances = { deps, logger, tracing, ending: ending.signal }
    const outcome = await attempt(definition, row, circumstances)
    await settlement.settle(outcome)
    if (outcome.delay_ms) setTimeout(wakeups.wake, outcome.delay_ms).unref()
    onHandled(row.reaction, outcome.status, (performance.now() - startedAt) / 1000)
  }

  return {
    start() {
      working ??= work()
      renewing ??= keepLeases(database, underWay, logger, ending.signal)
    },
    async close() {
      stopping.abort()
      wakeups.wake()
      await working
      const reason = new Error('the process is closing')
      const timer = setTimeout(() => ending.abort(reason), closeLimitMs)
      while (underWay.size > 0) await Promise.all(underWay.keys())
      clearTimeout(timer)
      ending.abort(reason)
      await renewing
    },
  }
}
