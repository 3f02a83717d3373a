import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { jetStreamOf, subjectOf } from '@atrium/contracts/naming.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { EventStore, RecordedEvent } from '@atrium/platform/event-store/port.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { ensureStream, jetStreamManager } from '@atrium/platform/messaging/stream.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { headers, type NatsConnection } from 'nats'
import pg from 'pg'
import type { Topic } from '../bench.ts'
import { sampleEvents } from '../event.ts'

const context = 'instances'
const eventsPublished = 50_000
const eventsPerAppend = 2_000
const inFlight = 256
const lookEveryMs = 5
const limitMs = 120_000

/**
 * Ours is the whole relay: election, reading the event store, publishing, acknowledged. The peer
 * has its messages ready in memory and only publishes them.
 */
export const topic: Topic = {
  summary: `${eventsPublished.toLocaleString('en')} events to JetStream, in order, acknowledged`,
  async run(bench) {
    const databaseUrl = await bench.database()
    const logger = createLogger({ name: 'bench', level: 'error' })
    const nats = await connectNats({ url: await bench.nats(), name: 'bench', logger })
    bench.onEnd(() => nats.close())
    const store = await openEventStore({ context, databaseUrl })
    bench.onEnd(() => store.close())
    const events = await fill(store)

    const connect = async () => {
      const client = new pg.Client(databaseUrl)
      await client.connect()
      return client
    }
    const ours = async () => {
      await startAnew(nats)
      const relay = createRelay({ context, store, nats, database: { connect }, logger })
      const startedAt = performance.now()
      relay.start()
      const perSecond = await untilPublished(nats, startedAt)
      await relay.close()
      return perSecond
    }
    await bench.compare({
      name: 'relay to JetStream, in order, acknowledged',
      unit: 'events/s',
      ours,
      peers: [
        {
          name: 'nats, 256 in flight',
          target: 2,
          run: () => publishWithClient(nats, events, () => undefined),
        },
        {
          name: 'nats, the same headers',
          run: () => publishWithClient(nats, events, sameHeaders),
        },
      ],
    })
  },
}

async function fill(store: EventStore): Promise<RecordedEvent[]> {
  for (let written = 0; written < eventsPublished; written += eventsPerAppend) {
    const stream = `${context}.owner-default:${randomUUID()}`
    await store.append(stream, sampleEvents(eventsPerAppend), 'none')
  }
  const events: RecordedEvent[] = []
  for await (const batch of store.readAll()) events.push(...batch)
  return events
}

async function startAnew(nats: NatsConnection) {
  const manager = await jetStreamManager(nats)
  await manager.streams.delete(jetStreamOf(context)).catch(() => false)
  await ensureStream(nats, context)
}

async function untilPublished(nats: NatsConnection, startedAt: number): Promise<number> {
  const manager = await jetStreamManager(nats)
  while (performance.now() - startedAt < limitMs) {
    const { state } = await manager.streams.info(jetStreamOf(context))
    if (state.messages === eventsPublished) {
      return (eventsPublished / (performance.now() - startedAt)) * 1000
    }
    await delay(lookEveryMs)
  }
  throw new Error(`not all were published within ${limitMs} ms`)
}

/** What a program does that publishes with the client alone, each acknowledged by itself. */
async function publishWithClient(
  nats: NatsConnection,
  events: readonly RecordedEvent[],
  headersOf: (event: RecordedEvent) => ReturnType<typeof headers> | undefined,
): Promise<number> {
  await startAnew(nats)
  const jetStream = nats.jetstream()
  const payloads = events.map(({ data }) => Buffer.from(JSON.stringify(data)))
  const subject = subjectOf(context, 'default', 'InstanceRenamed')
  let next = 0
  const publishSome = async () => {
    for (let index = next++; index < events.length; index = next++) {
      const event = events[index]
      const payload = payloads[index]
      if (!event || !payload) return
      const attributes = headersOf(event)
      await jetStream.publish(subject, payload, {
        msgID: event.id,
        ...(attributes ? { headers: attributes } : {}),
      })
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: inFlight }, publishSome))
  return (events.length / (performance.now() - startedAt)) * 1000
}

function sameHeaders(event: RecordedEvent) {
  const { metadata } = event
  const attributes = headers()
  attributes.append('ce-specversion', '1.0')
  attributes.append('ce-id', event.id)
  attributes.append('ce-source', `/atrium/${context}`)
  attributes.append('ce-type', event.type)
  attributes.append('ce-subject', event.stream)
  attributes.append('ce-time', event.recordedAt)
  attributes.append('content-type', 'application/json')
  attributes.append('ce-tenant', metadata.tenant)
  attributes.append('ce-actor', JSON.stringify(metadata.actor))
  attributes.append('ce-correlationid', metadata.correlationId)
  attributes.append('ce-commandid', metadata.commandId)
  attributes.append('ce-schemaversion', String(metadata.schemaVersion))
  attributes.append('ce-position', String(event.position))
  attributes.append('ce-revision', String(event.revision))
  return attributes
}
