import type { InstancesEvent } from '@atrium/contracts/instances/events.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectClient } from '../database/connection.ts'
import { migrateEventStore } from '../event-store/postgres/migrate.ts'
import { createPostgresEventStore } from '../event-store/postgres/store.ts'
import { type EventStore, StoreUnavailable } from '../event-store/port.ts'
import { derivedId, eventIdOf, newCommandId } from '../identifier.ts'
import { Rejection } from '../rejection.ts'
import { createTestDatabase, type TestDatabase } from '../testkit/test-servers.ts'
import { createAggregate } from './aggregate.ts'
import type { Cause } from './cause.ts'
import type { Decider } from './decider.ts'

// A set of at most `max` instances: enough of a rule to lose races about.

interface Add {
  readonly max: number
  readonly word: string
}

type State = readonly string[]

const ownerId = derivedId('usr', 'owner')
const at = '2026-01-01T00:00:00.000Z'

const set: Decider<State, Add, InstancesEvent> = {
  initialState: [],
  decide({ max, word }, state) {
    if (state.length >= max) throw new Rejection('quota-exceeded')
    const instanceId = derivedId('ins', word)
    const described = { instanceId, ownerId, description: word, describedAt: at }
    return [
      { type: 'InstanceCreated', data: { instanceId, ownerId, name: word, createdAt: at } },
      { type: 'InstanceDescribed', data: described },
    ]
  },
  evolve: (state, event) =>
    event.type === 'InstanceCreated' ? [...state, event.data.name] : state,
}

let database: TestDatabase
const stores: EventStore[] = []
const openStore = () => {
  const store = createPostgresEventStore({ connectionString: database.ownerUrl })
  stores.push(store)
  return store
}
const open = (store = openStore(), options: { idsKeptMax?: number } = {}) =>
  createAggregate({ store, context: 'instances', name: 'owner', decider: set, ...options })

const causeOf = (commandId = newCommandId(), mayRepeat = false): Cause => ({
  tenant: 'default',
  actor: { userId: ownerId },
  correlationId: 'c',
  commandId,
  mayRepeat,
})
const fresh = () => derivedId('usr', newCommandId())

async function sql(text: string) {
  const client = await connectClient(database.ownerUrl, 'test')
  await client.query(text)
  await client.end()
}

beforeAll(async () => {
  database = await createTestDatabase()
  await migrateEventStore(database.ownerUrl)
})

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await database.drop()
})

describe('an aggregate', () => {
  it('answers state, version, events, and where the last and the last public one lie', async () => {
    const store = openStore()
    const handled = await open(store).handle('one', { max: 1, word: 'a' }, causeOf())
    expect(handled).toMatchObject({ state: ['a'], version: 2 })
    expect(handled.events.map(({ type }) => type)).toEqual(['InstanceCreated', 'InstanceDescribed'])
    expect(handled.publicPosition).toBe((handled.position ?? 0) - 1)
    const recorded = await Array.fromAsync(store.readStream('instances.owner-default:one'))
    expect(recorded.map(({ position }) => position)).toEqual([
      handled.publicPosition,
      handled.position,
    ])
  })

  it('writes the metadata of its cause', async () => {
    const store = openStore()
    const cause = { ...causeOf(), sessionId: 's', causationId: 'e', traceparent: 't' }
    const id = fresh()
    await open(store).handle(id, { max: 1, word: 'a' }, cause)
    const [recorded] = await Array.fromAsync(store.readStream(`instances.owner-default:${id}`))
    const { mayRepeat: _, ...written } = cause
    expect(recorded?.metadata).toEqual({ ...written, schemaVersion: 1 })
    expect(recorded?.id).toBe(eventIdOf(cause.commandId, 0))
  })

  it('sees what another process wrote, though it holds a recent state', async () => {
    const [here, there] = [open(), open()]
    const id = fresh()
    await here.handle(id, { max: 3, word: 'a' }, causeOf())
    await there.handle(id, { max: 3, word: 'b' }, causeOf())
    expect(await here.load('default', id)).toEqual({ state: ['a', 'b'], version: 4 })
  })

  it('holds its rule exactly among many writers in several processes', async () => {
    const id = fresh()
    const writers = [open(), open(), open()] as const
    const writer = (index: number) => writers[(index % 3) as 0 | 1 | 2]
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) =>
        writer(index).handle(id, { max: 10, word: `w${index}` }, causeOf()),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Rejection)
    }
    expect((await open().load('default', id)).state).toHaveLength(10)
  })

  it('writes what waits together, and answers each with its own', async () => {
    const store = openStore()
    const appended: number[] = []
    const counting: EventStore = {
      ...store,
      append(stream, events, expected) {
        appended.push(events.length)
        return store.append(stream, events, expected)
      },
    }
    const aggregate = open(counting)
    const id = fresh()
    const words = Array.from({ length: 20 }, (_, index) => `w${index}`)
    const handled = await Promise.all(
      words.map((word) => aggregate.handle(id, { max: 20, word }, causeOf())),
    )
    expect(appended).toEqual([40])
    for (const [
      index,
      { state, version, events, position = 0, publicPosition },
    ] of handled.entries()) {
      expect(state).toEqual(words.slice(0, index + 1))
      expect(version).toBe(2 * (index + 1))
      expect(events).toMatchObject([
        { data: { name: words[index] } },
        { type: 'InstanceDescribed' },
      ])
      expect(publicPosition).toBe(position - 1)
    }
    const recorded = await Array.fromAsync(store.readStream(`instances.owner-default:${id}`))
    expect(recorded.at(-1)?.position).toBe(handled.at(-1)?.position)
    expect(new Set(recorded.map(({ metadata }) => metadata.commandId)).size).toBe(20)
  })

  it('refuses among what waits only what is to be refused', async () => {
    const aggregate = open()
    const id = fresh()
    const [twice, stale] = [causeOf(), { expectedVersion: 0 }]
    const outcomes = await Promise.allSettled([
      aggregate.handle(id, { max: 9, word: 'a' }, twice),
      aggregate.handle(id, { max: 9, word: 'b' }, causeOf()),
      aggregate.handle(id, { max: 9, word: 'a' }, twice),
      aggregate.handle(id, { max: 9, word: 'c' }, causeOf(), stale),
      aggregate.handle(id, { max: 2, word: 'd' }, causeOf()),
      aggregate.handle(id, { max: 9, word: 'e' }, causeOf()),
    ])
    expect(outcomes).toMatchObject([
      { value: { state: ['a'] } },
      { value: { state: ['a', 'b'] } },
      { value: { events: [{ data: { name: 'a' } }, { data: { description: 'a' } }] } },
      { reason: { code: 'version-conflict', extensions: { currentVersion: 4 } } },
      { reason: { code: 'quota-exceeded' } },
      { value: { state: ['a', 'b', 'e'], version: 6 } },
    ])
  })

  it('writes one after the other what is too much for one append', async () => {
    const aggregate = open()
    const id = fresh()
    const words = Array.from({ length: 4 }, (_, index) => `${index}`.repeat(300_000))
    const handled = await Promise.all(
      words.map((word) => aggregate.handle(id, { max: 9, word }, causeOf())),
    )
    expect(handled.map(({ version }) => version)).toEqual([2, 4, 6, 8])
  })

  it('tells each that waits where its append failed', async () => {
    const store = openStore()
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let appends = 0
    const failing: EventStore = {
      ...store,
      async append(...parameters) {
        appends += 1
        if (appends > 1) throw new StoreUnavailable('down', true)
        begun.resolve()
        await go.promise
        return store.append(...parameters)
      },
    }
    const aggregate = open(failing)
    const id = fresh()
    const add = (word: string) => aggregate.handle(id, { max: 9, word }, causeOf())
    const first = add('a')
    await begun.promise
    const settled = Promise.allSettled([first, add('b'), add('c')])
    go.resolve()
    expect(await settled).toMatchObject([
      { status: 'fulfilled' },
      { reason: { name: 'StoreUnavailable', maybeWritten: true } },
      { reason: { name: 'StoreUnavailable', maybeWritten: true } },
    ])
    expect(appends).toBe(2)
  })

  it('refuses a stale expected version with the current one and what changed since', async () => {
    const aggregate = open()
    const id = fresh()
    await aggregate.handle(id, { max: 3, word: 'a' }, causeOf())
    await aggregate.handle(id, { max: 3, word: 'b' }, causeOf(), { expectedVersion: 2 })
    const refused = aggregate.handle(id, { max: 3, word: 'c' }, causeOf(), { expectedVersion: 2 })
    await expect(refused).rejects.toMatchObject({
      code: 'version-conflict',
      extensions: {
        currentVersion: 4,
        changes: [
          { version: 3, type: 'InstanceCreated' },
          { version: 4, type: 'InstanceDescribed' },
        ],
      },
    })
  })

  it.each(['with its recent state', 'without one'])(
    'finds the events of a repeated command, %s',
    async (kept) => {
      const first = open()
      const id = fresh()
      const commandId = newCommandId()
      const done = await first.handle(id, { max: 1, word: 'a' }, causeOf(commandId))
      const again = kept === 'with its recent state' ? first : open()
      const repeated = await again.handle(id, { max: 1, word: 'a' }, causeOf(commandId, true))
      expect({ ...repeated, events: [] }).toEqual({ ...done, events: [] })
      expect(repeated.events).toMatchObject(done.events)
      expect((await again.load('default', id)).version).toBe(2)
    },
  )

  it('finds a repeated command behind more events than it keeps ids of', async () => {
    const aggregate = open(openStore(), { idsKeptMax: 1_024 })
    const id = fresh()
    const [early, late] = [newCommandId(), newCommandId()]
    await aggregate.handle(id, { max: 2000, word: 'early' }, causeOf(early))
    for (let count = 0; count < 1_030; count += 1) {
      await aggregate.handle(id, { max: 2000, word: `w${count}` }, causeOf())
    }
    await aggregate.handle(id, { max: 2000, word: 'late' }, causeOf(late))
    for (const [commandId, word] of [
      [early, 'early'],
      [late, 'late'],
    ] as const) {
      const repeated = await aggregate.handle(id, { max: 2000, word }, causeOf(commandId, true))
      expect(repeated.events).toMatchObject([
        { data: { name: word } },
        { data: { description: word } },
      ])
    }
    expect((await open().load('default', id)).version).toBe(2 * 1_032)
  })

  // A run whose lease lapsed does not know that another process repeats its command.
  it.each(['before it began', 'while it appended'])(
    'writes a command once that another process repeated %s',
    async (when) => {
      const store = openStore()
      const id = fresh()
      const commandId = newCommandId()
      const repeat = async () => {
        const there = open()
        await there.handle(id, { max: 9, word: 'between' }, causeOf())
        await there.handle(id, { max: 9, word: 'a' }, causeOf(commandId, true))
        await there.handle(id, { max: 9, word: 'after' }, causeOf())
      }
      let overtaken = when === 'before it began' ? undefined : repeat
      const slow: EventStore = {
        ...store,
        async append(...parameters) {
          await overtaken?.()
          overtaken = undefined
          return store.append(...parameters)
        },
      }
      if (when === 'before it began') await repeat()
      const handled = await open(slow).handle(id, { max: 9, word: 'a' }, causeOf(commandId))
      expect(handled.events).toMatchObject([
        { data: { name: 'a' } },
        { data: { description: 'a' } },
      ])
      expect((await open().load('default', id)).state).toEqual(['between', 'a', 'after'])
    },
  )

  it('trusts no recent state of a stream that was taken back behind it', async () => {
    const store = openStore()
    const id = fresh()
    const aggregate = open(store)
    await aggregate.handle(id, { max: 9, word: 'lost' }, causeOf())
    await sql(`delete from event_store.events where stream = 'instances.owner-default:${id}'`)
    const handled = await aggregate.handle(id, { max: 9, word: 'new' }, causeOf())
    expect(handled).toMatchObject({ state: ['new'], version: 2 })
  })

  it('asks for what was written meanwhile only where that may change its answer', async () => {
    const store = openStore()
    const read: string[] = []
    const watched: EventStore = {
      ...store,
      readStream(stream, options) {
        read.push(stream)
        return store.readStream(stream, options)
      },
    }
    const [aggregate, there] = [open(watched), open()]
    const id = fresh()
    await aggregate.handle(id, { max: 1, word: 'a' }, causeOf())
    const readFirst = read.length
    await there.handle(id, { max: 9, word: 'b' }, causeOf())
    const late = aggregate.handle(id, { max: 2, word: 'c' }, causeOf())
    await expect(late).rejects.toMatchObject({ code: 'quota-exceeded' })
    expect(read.length).toBeGreaterThan(readFirst)

    const readThen = read.length
    await aggregate.handle(id, { max: 9, word: 'd' }, causeOf(), { expectedVersion: 4 })
    expect(read.slice(readThen)).toHaveLength(1) // of the public event, which is not the last
  })

  it('gives up as unavailable when it loses every race', async () => {
    const store = openStore()
    const losing: EventStore = {
      ...store,
      append: () => Promise.resolve({ status: 'conflict', actual: 0 }),
    }
    const handled = open(losing).handle(fresh(), { max: 1, word: 'a' }, causeOf())
    await expect(handled).rejects.toBeInstanceOf(StoreUnavailable)
  })

  it('refuses an event that breaks its schema before anything is written', async () => {
    const broken: Decider<State, Add, InstancesEvent> = {
      ...set,
      decide: () => [
        { type: 'InstanceCreated', data: { instanceId: 'x', ownerId, name: 'x', createdAt: at } },
      ],
    }
    const store = openStore()
    const aggregate = createAggregate({
      store,
      context: 'instances',
      name: 'owner',
      decider: broken,
    })
    const id = fresh()
    await expect(aggregate.handle(id, { max: 1, word: 'a' }, causeOf())).rejects.toThrow(
      'InstanceCreated breaks its schema at /instanceId',
    )
    expect((await aggregate.load('default', id)).version).toBe(0)
  })
})
