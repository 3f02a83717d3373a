import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { streamName } from '@atrium/contracts/naming.ts'
import type { Context } from '@atrium/contracts/context.ts'
import { createDatabase } from '@atrium/platform/database/database.ts'
import type { DomainEvent } from '@atrium/platform/decider/decider.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { EventStore, NewEvent } from '@atrium/platform/event-store/port.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { createContextDatabase } from '@atrium/platform/servers/context-database.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import type { Bench, Topic } from '../bench.ts'

const eventsPerRound = 200
const pauseMs = 25
const limitMs = 10_000

interface Deps {
  readonly store: EventStore
  readonly effects: Map<string, () => void>
}

const reaction = defineReaction<DomainEvent, Deps>({
  name: 'create-on-user-registered',
  source: 'auth',
  on: 'UserRegistered',
  timeoutMs: 5_000,
  attemptsMax: 3,
  async react({ id, metadata }, { store, effects }) {
    const stream = streamName('instances.owner', metadata.tenant, id)
    const effect = { id: randomUUID(), type: 'InstanceCreated', data: {}, metadata }
    const result = await store.append(stream, [effect], 'none')
    effects.get(id)?.()
    return result.status === 'appended' ? { position: result.position } : undefined
  },
})

/**
 * From the call that writes an event in one context until another context's reaction has written
 * its own: append, relay, JetStream, inbox, append; each step durable, on an otherwise idle
 * machine.
 */
export const topic: Topic = {
  summary: `event to a foreign reaction's effect, ${eventsPerRound} events ${pauseMs} ms apart`,
  async run(bench) {
    const logger = createLogger({ name: 'bench', level: 'error' })
    const nats = await connectNats({ url: await bench.nats(), name: 'bench', logger })
    bench.onEnd(() => nats.close())
    const auth = await openContext(bench, 'auth')
    const instances = await openContext(bench, 'instances')
    const effects = new Map<string, () => void>()
    const relay = createRelay({ context: 'auth', nats, logger, ...auth })
    const reactions = createReactions({
      context: 'instances',
      nats,
      database: instances.database,
      definitions: [reaction],
      deps: { store: instances.store, effects },
      logger,
    })
    bench.onEnd(() => Promise.all([relay.close(), reactions.close()]))
    relay.start()
    reactions.start()

    const once = async () => {
      const event = registered()
      const effect = Promise.withResolvers<void>()
      effects.set(event.id, effect.resolve)
      const startedAt = performance.now()
      await auth.store.append(streamName('auth.user', 'default', event.id), [event], 'none')
      const late = delay(limitMs, 'late', { ref: false })
      if ((await Promise.race([effect.promise, late])) === 'late') throw new Error('no effect')
      effects.delete(event.id)
      return performance.now() - startedAt
    }
    await once() // both have their leaders now
    await bench.compare({
      name: "event to a foreign reaction's effect, idle machine, p99",
      unit: 'ms',
      target: 50,
      async ours() {
        const times: number[] = []
        for (let number = 0; number < eventsPerRound; number += 1) {
          times.push(await once())
          await delay(pauseMs)
        }
        return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Infinity
      },
    })
  },
}

async function openContext(bench: Bench, context: Context) {
  const password = randomBytes(16).toString('hex')
  const name = `latency_${context}_${randomBytes(3).toString('hex')}`
  const urls = await createContextDatabase(await bench.database(), {
    database: name,
    owner: { name: `${name}_owner`, password },
    routes: { name: `${name}_routes`, password },
  })
  const database = await createDatabase({ ...urls, context })
  bench.onEnd(() => database.close())
  const store = await openEventStore({ context, databaseUrl: urls.ownerUrl })
  bench.onEnd(() => store.close())
  return { database, store }
}

function registered(): NewEvent {
  const commandId = randomUUID()
  return {
    id: randomUUID(),
    type: 'UserRegistered',
    data: {
      userId: 'usr_0198c2f0a5c77d5e9a4be3f0c1d2e3f4',
      email: 'someone@example.org',
      registeredAt: '2026-01-31T09:30:00.000Z',
    },
    metadata: {
      tenant: 'default',
      actor: {},
      correlationId: commandId,
      commandId,
      schemaVersion: 1,
    },
  }
}
