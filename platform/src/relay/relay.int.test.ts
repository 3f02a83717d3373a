import { isPublic } from '@atrium/contracts/catalog.ts'
import { DiscardPolicy, headers } from 'nats'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NewEvent, RecordedEvent } from '../event-store/port.ts'
import { ensureStream, jetStreamManager, streamEnd } from '../messaging/stream.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import {
  createTestContext,
  createTestNats,
  profiled,
  registered,
  settled,
  silent,
  streamed,
  userStream,
  type TestContext,
  type TestNats,
} from '../testkit/messaging-context.ts'
import { createPublisher } from './publisher.ts'
import { createRelay, type Relay } from './relay.ts'
import { StoreBehindStream } from './store-behind-stream.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const waitLimit = { timeout: 60_000, interval: 20 }

let nats: TestNats
let auth: TestContext
let relays: Relay[] = []

beforeAll(() => console.info(`seed ${seed} (SEED=${seed} repeats it)`))
beforeEach(async () => {
  ;[nats, auth] = await Promise.all([createTestNats(), createTestContext('auth')])
})
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.close()))
  relays = []
  await Promise.all([auth.close(), nats.close()])
})

async function startRelay(logger: object = {}) {
  const relay = createRelay({
    context: 'auth',
    store: auth.store,
    nats: await nats.connect(),
    database: auth.database,
    logger: Object.assign(createLogger({ name: 'test', level: 'silent' }), logger),
  })
  relays.push(relay)
  relay.start()
  return relay
}

/** A repeatable random number below the limit. */
function createRandom(from: number) {
  let state = from
  return (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** Writes events of some users, public and private mixed. */
async function write(users: number, eventsEach: number, prefix = 'usr') {
  const random = createRandom(seed)
  await Promise.all(
    Array.from({ length: users }, async (_, number) => {
      const user = `${prefix}_${number}`
      const stream = userStream(user)
      const events: NewEvent[] = [registered(user)]
      for (let index = 0; index < eventsEach - 1; index += 1) {
        events.push(random(3) === 0 ? settled(user, index) : profiled(user, index))
      }
      await auth.store.append(stream, events, 'none')
    }),
  )
}

async function publicEvents() {
  const found: RecordedEvent[] = []
  for await (const batch of auth.store.readAll()) {
    found.push(...batch.filter(({ type }) => isPublic('auth', type)))
  }
  return found
}

/** Waits until the stream holds as many messages as there are public events, then compares all. */
async function expectAllStreamedOnceInOrder() {
  const connection = await nats.connect()
  const expected = await publicEvents()
  await vi.waitFor(async () => {
    expect((await streamEnd(connection, 'auth')).position).toBe(expected.at(-1)?.position)
  }, waitLimit)
  const found = await streamed(connection, 'auth')
  expect(found.map(({ position }) => position)).toEqual(expected.map(({ position }) => position))
  expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
  expect(found.map(({ sequence }) => sequence)).toEqual(expected.map((_, index) => index + 1))
  return { found, expected }
}

describe('the relay', () => {
  it('publishes the public events alone, in order, each as the store recorded it', async () => {
    await write(20, 5)
    await startRelay()
    const { found, expected } = await expectAllStreamedOnceInOrder()
    expect(found.length).toBeGreaterThan(20)
    expect(found.length).toBeLessThan(100)
    for (const [index, { sequence, subject, ...event }] of found.entries()) {
      const source = expected[index]
      expect(subject).toBe(`atrium.auth.default.${event.type}`)
      expect(sequence).toBe(index + 1)
      expect(event).toEqual({
        id: source?.id,
        type: source?.type,
        stream: source?.stream,
        revision: source?.revision,
        position: source?.position,
        recordedAt: source?.recordedAt,
        data: source?.data,
        metadata: source?.metadata,
      })
    }
  })

  it('publishes what is written while it runs, and goes on where another one ended', async () => {
    const first = await startRelay()
    await write(10, 4, 'before')
    await expectAllStreamedOnceInOrder()
    await first.close()
    await write(10, 4, 'between')
    await startRelay()
    await write(10, 4, 'after')
    await expectAllStreamedOnceInOrder()
  })

  it('has one leader, and another when its connection is cut', async () => {
    await Promise.all([startRelay(), startRelay(), startRelay()])
    const leaders = async () => {
      const { rows } = await auth.database.owner.query<{ pid: number }>(
        `select l.pid from pg_locks l join pg_database d on d.oid = l.database
         where l.locktype = 'advisory' and l.granted and d.datname = current_database()`,
      )
      return rows.map(({ pid }) => pid)
    }
    await vi.waitFor(async () => expect(await leaders()).toHaveLength(1), waitLimit)
    const [before] = await leaders()
    for (let round = 0; round < 3; round += 1) {
      await auth.database.owner.query(
        `select pg_terminate_backend(pid) from pg_locks l join pg_database d on d.oid = l.database
         where l.locktype = 'advisory' and l.granted and d.datname = current_database()`,
      )
      await write(10, 5, `round${round}`)
      await vi.waitFor(async () => expect(await leaders()).toHaveLength(1), waitLimit)
    }
    expect(await leaders()).not.toEqual([before])
    await expectAllStreamedOnceInOrder()
  })

  it('neither doubles nor reorders when two publish at once', async () => {
    await write(100, 10)
    const expected = await publicEvents()
    const leave = (value: Promise<void>) => value.catch(() => undefined)
    const connections = await Promise.all([nats.connect(), nats.connect()])
    const [connection] = connections
    await ensureStream(connection, 'auth')
    /** Publishes all from where the stream ends, again and again, as a leader without a lock. */
    const usurp = async (from: (typeof connections)[number]) => {
      for (let round = 0; round < 200; round += 1) {
        const end = await streamEnd(from, 'auth')
        const rest = expected.filter(({ position }) => position > end.position).slice(0, 50)
        if (rest.length === 0) return
        const failed = Promise.withResolvers<void>()
        const publisher = createPublisher({
          nats: from,
          context: 'auth',
          end,
          onFailed: () => failed.resolve(),
        })
        await leave(publisher.publish(rest))
        const done = vi.waitFor(() => expect(publisher.progress().inFlight).toBe(0), waitLimit)
        await Promise.race([failed.promise, done])
        publisher.close()
      }
    }
    await Promise.all(connections.map(usurp))
    await expectAllStreamedOnceInOrder()
  })

  it('has a run refused as a whole that begins at an end which is no longer the end', async () => {
    await write(10, 4)
    const events = await publicEvents()
    const connection = await nats.connect()
    await ensureStream(connection, 'auth')
    const stale = await streamEnd(connection, 'auth')
    const publish = async (some: readonly RecordedEvent[]) => {
      const failed = Promise.withResolvers<string>()
      const onFailed = (error: Error) => failed.resolve(error.message)
      const publisher = createPublisher({ nats: connection, context: 'auth', end: stale, onFailed })
      await publisher.publish(some)
      const done = vi.waitUntil(() => publisher.progress().inFlight === 0, waitLimit)
      done.catch(() => undefined) // it failed
      const outcome = await Promise.race([failed.promise, done.then(() => 'published')])
      publisher.close()
      return outcome
    }
    const [former, later] = [events.slice(0, 5), events.slice(5)]
    expect(await publish(former)).toBe('published')
    expect(await publish(later)).toContain('wrong last')
    const found = await streamed(connection, 'auth')
    expect(found.map(({ id }) => id)).toEqual(former.map(({ id }) => id))
  })

  it('goes on when NATS is killed in the middle', async () => {
    await startRelay()
    for (let round = 0; round < 3; round += 1) {
      const writing = write(60, 10, `round${round}`)
      await nats.kill()
      await nats.restart()
      await writing
    }
    await expectAllStreamedOnceInOrder()
  })

  it('fills a stream again whose volume was lost', async () => {
    await write(50, 10, 'before')
    await startRelay()
    await expectAllStreamedOnceInOrder()
    await nats.kill()
    await nats.loseVolume()
    await nats.restart()
    await write(10, 10, 'after')
    await expectAllStreamedOnceInOrder()
  })

  it('publishes nothing of a store that was restored behind its stream, and says so', async () => {
    await write(10, 2, 'before')
    const first = await startRelay()
    const { expected } = await expectAllStreamedOnceInOrder()
    await first.close()
    const kept = expected[5]?.position ?? 0
    const { owner } = auth.database
    await owner.query('delete from event_store.events where position > $1', [kept])
    await owner.query('update event_store.head set position = $1', [kept])
    await write(20, 2, 'after') // takes the positions of what was lost, and goes beyond
    const told: unknown[] = []
    await startRelay({ error: ({ err }: { err: unknown }) => told.push(err) })
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(1), waitLimit)
    expect(told[0]).toBeInstanceOf(StoreBehindStream)
    const found = await streamed(await nats.connect(), 'auth')
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
  })

  it('tries less and less often while JetStream takes nothing, then goes on', async () => {
    const connection = await nats.connect()
    const manager = await jetStreamManager(connection)
    const stream = { name: 'ATRIUM_AUTH', subjects: ['atrium.auth.>'], discard: DiscardPolicy.New }
    await manager.streams.add({ ...stream, max_bytes: 10_000 })
    await write(50, 2)
    let refused = 0
    const startedAt = performance.now()
    await startRelay({ warn: () => (refused += 1) })
    await vi.waitFor(() => expect(refused).toBeGreaterThan(5), waitLimit)
    expect(performance.now() - startedAt).toBeGreaterThan(1_000)
    await manager.streams.update('ATRIUM_AUTH', { ...stream, max_bytes: -1 })
    await expectAllStreamedOnceInOrder()
  })

  it('loses nothing to messages of others that lie between its own', async () => {
    await startRelay()
    const connection = await nats.connect()
    await ensureStream(connection, 'auth')
    const foreign = headers()
    foreign.set('ce-position', '999999')
    const intrude = () =>
      connection
        .jetstream()
        .publish('atrium.auth.default.UserRegistered', 'not ours', { headers: foreign })
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([write(4, 5, `round${round}`), intrude(), intrude()])
    }
    const expected = (await publicEvents()).map(({ id }) => id)
    await vi.waitFor(async () => {
      expect((await streamed(connection, 'auth')).map(({ id }) => id)).toEqual(expected)
    }, waitLimit)
  })

  it('stands back at an event that it does not know, having published what lies before', async () => {
    await write(3, 2, 'before')
    await auth.store.append(
      userStream('new'),
      [{ ...registered('new'), type: 'NotYetKnown' }],
      'none',
    )
    await write(3, 2, 'after')
    await startRelay()
    const connection = await nats.connect()
    await ensureStream(connection, 'auth')
    const known = (await publicEvents()).filter(({ stream }) => stream.includes('before'))
    await vi.waitFor(async () => {
      expect((await streamEnd(connection, 'auth')).position).toBe(known.at(-1)?.position)
    }, waitLimit)
    expect(await streamed(connection, 'auth')).toHaveLength(known.length)
  })

  it('tells how far it is behind', async () => {
    const metrics = createMetrics({ name: 'test' })
    const relay = createRelay({
      context: 'auth',
      store: auth.store,
      nats: await nats.connect(),
      database: auth.database,
      logger: silent,
      metrics,
    })
    relays.push(relay)
    relay.start()
    await write(5, 5)
    await vi.waitFor(async () => {
      expect(await metrics.text()).toMatch(/atrium_relay_lag_positions\{context="auth".*\} 0\n/)
    }, waitLimit)
  })

  it('keeps a stream that nobody can purge', async () => {
    const connection = await nats.connect()
    await Promise.all([ensureStream(connection, 'auth'), ensureStream(connection, 'auth')])
    const manager = await jetStreamManager(connection)
    await expect(manager.streams.purge('ATRIUM_AUTH')).rejects.toThrow('not permitted')
    const { config } = await manager.streams.info('ATRIUM_AUTH')
    expect(config).toMatchObject({ max_age: 0, max_msgs: -1, max_bytes: -1, storage: 'file' })
  })
})
