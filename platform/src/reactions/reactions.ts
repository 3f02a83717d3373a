import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@atrium/contracts/context.ts'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import { createLeadership, type Leadership } from '../database/leadership.ts'
import type { DomainEvent } from '../decider/decider.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { createWaitHandled, type WaitHandled } from './handled.ts'
import { takeIn } from './intake.ts'
import { measureReactions } from './measure.ts'
import type { ReactionDefinition } from './reaction.ts'
import { createWakeups } from '../database/wakeups.ts'
import { createWorker } from './worker.ts'

export interface ReactionsOptions<Deps> {
  readonly context: Context
  readonly nats: NatsConnection
  readonly database: Pick<Database, 'owner' | 'connect'>
  readonly definitions: readonly ReactionDefinition<DomainEvent, Deps>[]
  readonly deps: Deps
  readonly logger: Logger
  readonly metrics?: Metrics
  readonly tracing?: Tracing
  /** Aggregates that this process works on at once. */
  readonly concurrency?: number
  /** How long a handled event stays in the inbox. */
  readonly keepHandledMs?: number
}

export interface Reactions {
  /** Nothing fails when NATS or the database are away: it goes on when they return. */
  start(): void
  readonly waitHandled: WaitHandled
  close(): Promise<void>
}

const concurrencyDefault = 8
const keepHandledDefaultMs = 24 * 60 * 60 * 1000
const pruneEveryMs = 60_000
const prunedMax = 5_000

/**
 * What a context does about public events. One process of all stores them in the inbox, in order;
 * every process handles them, one at a time per source aggregate.
 */
export function createReactions<Deps>(options: ReactionsOptions<Deps>): Reactions {
  const { context, nats, database, definitions, deps, logger, metrics, tracing } = options
  const { concurrency = concurrencyDefault, keepHandledMs = keepHandledDefaultMs } = options
  const wakeups = createWakeups({
    database,
    name: 'reactions',
    channels: ['atrium_reactions'],
    logger,
  })
  const onHandled = measureReactions(metrics, database)
  const worker = createWorker({
    database,
    definitions,
    deps,
    wakeups,
    logger,
    tracing,
    concurrency,
    onHandled,
  })
  let leadership: Leadership | undefined

  async function prune(signal: AbortSignal) {
    while (!signal.aborted) {
      await pruneHandled(database, keepHandledMs).catch((error: unknown) => {
        logger.warn({ err: error }, 'handled events were not pruned')
      })
      await delay(pruneEveryMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async function lead(signal: AbortSignal) {
    const intakes = definitions.map(({ name, source, on }) =>
      takeIn({ context, reaction: name, source, on, nats, database, logger }, signal),
    )
    await Promise.all([...intakes, prune(signal)])
  }

  return {
    start() {
      if (definitions.length === 0) return
      wakeups.start()
      worker.start()
      const name = `reactions ${context}`
      leadership ??= createLeadership({ database, name, logger, lead })
    },
    waitHandled: createWaitHandled(database, definitions, wakeups),
    async close() {
      await Promise.all([leadership?.close(), worker.close()])
      await wakeups.close()
    },
  }
}

/** Takes out rows that were handled long ago; the cursor alone keeps them from coming back. */
export async function pruneHandled({ owner }: Pick<Database, 'owner'>, keepMs: number) {
  const { rowCount } = await owner.query(
    `delete from platform.inbox where (reaction, event_id) in (
       select reaction, event_id from platform.inbox
       where status in ('done', 'dropped')
         and settled_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)
       order by settled_at limit ${prunedMax}
     )`,
    [keepMs],
  )
  return rowCount ?? 0
}
