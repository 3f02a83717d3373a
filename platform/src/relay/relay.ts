import { setTimeout as delay } from 'node:timers/promises'
import { definitionOf } from '@atrium/contracts/catalog.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import { createLeadership, type Leadership } from '../database/leadership.ts'
import type { EventStore, RecordedEvent } from '../event-store/port.ts'
import { untilConnected, watchDisconnect } from '../messaging/nats.ts'
import { ensureStream, streamEnd, type StreamEnd } from '../messaging/stream.ts'
import { startEventSpans } from '../telemetry/event-spans.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { demandLastPublished, StoreBehindStream } from './store-behind-stream.ts'

export interface RelayOptions {
  readonly context: Context
  readonly store: EventStore
  readonly nats: NatsConnection
  /** Where the leader is elected. */
  readonly database: Pick<Database, 'connect'>
  readonly logger: Logger
  readonly metrics?: Metrics
  readonly tracing?: Tracing
}

export interface Relay {
  /**
   * Seeks to lead. Nothing fails when NATS or the database are away: it goes on when they return.
   */
  start(): void
  close(): Promise<void>
}

const batchSizeMax = 500
const retryFirstMs = 50
const retryLongestMs = 2_000

/**
 * Publishes the context's public events to JetStream, in order, each once: one leader among all
 * replicas. Where to go on is read from the end of the JetStream stream itself, so that a stream
 * whose volume was lost is filled again from the first event. A store that lacks the last event of
 * the stream is one that was restored: then nothing is published, and an error tells it.
 */
export function createRelay(options: RelayOptions): Relay {
  const { context, store, nats, database, logger, metrics } = options
  let leadership: Leadership | undefined
  const lag = createLag(store, context, metrics)

  async function lead(signal: AbortSignal) {
    let retryMs = retryFirstMs
    while (!signal.aborted) {
      const startedAt = performance.now()
      try {
        await untilConnected(nats, signal)
        await ensureStream(nats, context)
        const end = await streamEnd(nats, context)
        await demandLastPublished(store, end)
        const { sequence, position } = end
        logger.info({ context, sequence, position }, 'relay publishes behind the end of the stream')
        await pump(options, lag, end, signal)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof UnknownEvent) throw error
        const level = error instanceof StoreBehindStream ? 'error' : 'warn'
        logger[level]({ err: error, context }, 'relay reads the end of the stream again')
        const wasUp = performance.now() - startedAt > retryLongestMs
        retryMs = wasUp ? retryFirstMs : Math.min(retryMs * 2, retryLongestMs)
        await delay(retryMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
      }
    }
  }

  return {
    start() {
      const name = `relay ${context}`
      leadership ??= createLeadership({ database, name, logger, lead })
    },
    async close() {
      await leadership?.close()
    },
  }
}

/** Publishes behind the end of the stream until something fails, or by the signal. */
async function pump(options: RelayOptions, lag: Lag, end: StreamEnd, signal: AbortSignal) {
  const { context, store, nats, tracing } = options
  const run = new AbortController()
  const stop = AbortSignal.any([signal, run.signal])
  const onFailed = (error: Error) => run.abort(error)
  const publisher = createPublisher({ nats, context, end, onFailed })
  stop.addEventListener('abort', () => publisher.close())
  const watch = watchDisconnect(nats, () => run.abort(new Error('the connection to NATS was lost')))
  const events = store.subscribe({
    after: end.position,
    filter: { streamPrefixes: [`${context}.`] },
    signal: stop,
    batchSizeMax,
  })
  try {
    for await (const batch of events) {
      const { known, unknown } = sort(context, batch)
      const endSpans = startEventSpans(tracing, 'publish', 'producer', known)
      await publisher.publish(known)
      endSpans()
      if (unknown) throw new UnknownEvent(`${context} has no event ${unknown.type}`)
      lag.passed(publisher, batch.at(-1)?.position ?? 0)
    }
    run.signal.throwIfAborted()
  } finally {
    watch.stop()
    publisher.close()
    lag.stopped()
  }
}

/** Thrown for an event that a newer version of the code wrote. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent'
}

/**
 * The public ones of a batch, and the first event that this version does not know: whether that is
 * public cannot be told, and passing it over would lose it for ever, so the leader stands back
 * there for a process of the newer version.
 */
function sort(context: Context, batch: readonly RecordedEvent[]) {
  const known: RecordedEvent[] = []
  for (const event of batch) {
    if (event.type.startsWith('$')) continue // the store's own
    const definition = definitionOf(context, event.type)
    if (!definition) return { known, unknown: event }
    if (definition.visibility === 'public') known.push(event)
  }
  return { known, unknown: undefined }
}

type Lag = ReturnType<typeof createLag>

/** How far the leader is behind the store; nothing is said by a process that does not lead. */
function createLag(store: EventStore, context: Context, metrics: Metrics | undefined) {
  let handled: (() => number) | undefined
  metrics?.gauge<'context'>({
    name: 'atrium_relay_lag_positions',
    help: 'How far the last acknowledged event lies behind the head of the event store.',
    labels: ['context'],
    async collect(gauge) {
      gauge.reset()
      if (!handled) return
      const head = await store.headPosition({ streamPrefixes: [`${context}.`] })
      if (handled) gauge.set({ context }, Math.max(0, head - handled()))
    },
  })
  return {
    passed(publisher: Publisher, position: number) {
      handled = () => {
        const progress = publisher.progress()
        return progress.inFlight > 0 ? progress.position : Math.max(position, progress.position)
      }
    },
    stopped() {
      handled = undefined
    },
  }
}
