import { BACKWARDS, END, EventStoreDBClient, jsonEvent } from '@eventstore/db-client'
import { afterEach, expect, test } from 'vitest'
import {
  createEventStoreDbDouble,
  type EventStoreDbDouble,
} from '../../testkit/eventstoredb-double/double.ts'
import { newEvent, newEvents, newStream } from '../conformance/events.ts'
import type { EventStore } from '../port.ts'
import { createEventStoreDbEventStore, type EventStoreDbOptions } from './event-store.ts'

/** What a real server cannot be made to do on command, done by a double of it. */

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const opened of open.splice(0).toReversed()) await opened.close()
})

async function start() {
  const double = await createEventStoreDbDouble()
  open.push(double)
  return double
}

function storeOf(
  { url }: Pick<EventStoreDbDouble, 'url'>,
  options: Partial<EventStoreDbOptions> = {},
) {
  const store = createEventStoreDbEventStore({ url, ...options })
  open.push(store)
  return store
}

const ids = async (store: EventStore, stream: string) =>
  (await Array.fromAsync(store.readStream(stream))).map(({ id }) => id)

test.each(['none', 0, 'any'] as const)(
  'an append with %s whose answer was lost is asked again and written once',
  async (expected) => {
    const double = await start()
    const [store, stream, events] = [storeOf(double), newStream(), newEvents(3)]
    if (expected === 0) await store.append(stream, newEvents(1), 'none')
    double.faults.appends.push({ kind: 'lose-answer' }, { kind: 'lose-answer' })
    double.forgetIds()

    const result = await store.append(stream, events, expected)
    const first = expected === 0 ? 1 : 0
    expect(result).toMatchObject({ status: 'appended', revision: first + 2 })
    expect((await ids(store, stream)).slice(first)).toEqual(events.map(({ id }) => id))
    expect(double.asked.appends.slice(first)).toEqual(
      Array.from({ length: 3 }, () => (expected === 0 ? '0' : 'no-stream')),
    )
  },
)

test('an append that never arrived is sent again', async () => {
  const double = await start()
  const [store, stream] = [storeOf(double), newStream()]
  double.faults.appends.push({ kind: 'fail' }, { kind: 'fail' })
  expect(await store.append(stream, newEvents(2), 'none')).toMatchObject({ revision: 1 })
  expect(await ids(store, stream)).toHaveLength(2)
})

test.each(['answer-late', 'write-late'] as const)(
  'an append beyond its deadline is asked again and written once (%s)',
  async (kind) => {
    const double = await start()
    const store = storeOf(double, { appendDeadlineMs: 150 })
    const stream = newStream()
    double.faults.appends.push({ kind, delayMs: 400 })
    expect(await store.append(stream, newEvents(1), 'none')).toMatchObject({ revision: 0 })
    await store.append(stream, newEvents(1), 0)
    await expect.poll(() => double.asked.appendsUnderWay).toBe(0)
    expect(await ids(store, stream)).toHaveLength(2)
  },
)

test('after a lost answer others may have gone on, and the first result still comes', async () => {
  const double = await start()
  const [one, other, stream] = [storeOf(double), storeOf(double), newStream()]
  double.faults.appends.push({ kind: 'lose-answer' })
  const appending = one.append(stream, newEvents(2), 'none')
  await expect.poll(() => other.append(stream, newEvents(1), 1)).toMatchObject({ revision: 2 })
  expect(await appending).toMatchObject({ status: 'appended', revision: 1 })
})

test('ANY is never on the wire, also where stores overtake each other', async () => {
  const double = await start()
  const stores = [storeOf(double), storeOf(double), storeOf(double)]
  const stream = newStream()
  await Promise.all(
    Array.from(
      { length: 60 },
      (_, n) =>
        stores[n % 3]?.append(stream, [newEvent()], 'any') ?? Promise.reject(new Error('no store')),
    ),
  )
  expect(new Set(await ids(stores[0] ?? storeOf(double), stream)).size).toBe(60)
  expect(double.asked.appends).not.toContain('any')
})

test('gives up with doubt where the append may have been written', async () => {
  const double = await start()
  const store = storeOf(double, { giveUpAfterMs: 300 })
  const stream = newStream()
  double.faults.appends.push(
    ...Array.from({ length: 100 }, () => ({ kind: 'lose-answer' }) as const),
  )
  await expect(store.append(stream, newEvents(1), 'none')).rejects.toMatchObject({
    name: 'StoreUnavailable',
    maybeWritten: true,
  })
})

test('gives up without doubt where the server was never ready', async () => {
  const double = await start()
  const store = storeOf(double, { giveUpAfterMs: 300 })
  double.faults.ready = false
  const unavailable = { name: 'StoreUnavailable', maybeWritten: false }
  await expect(store.append(newStream(), newEvents(1), 'none')).rejects.toMatchObject(unavailable)
})

test('gives up without doubt where nobody listens', async () => {
  const double = await start()
  const store = storeOf(double, { giveUpAfterMs: 300 })
  double.stop()
  const unavailable = { name: 'StoreUnavailable', maybeWritten: false }
  await expect(store.append(newStream(), newEvents(1), 'none')).rejects.toMatchObject(unavailable)
})

test('waits for a server that starts slowly, and for one that comes back', async () => {
  const double = await start()
  const [store, stream] = [storeOf(double), newStream()]
  double.faults.ready = false
  const first = store.append(stream, newEvents(1), 'none')
  await expect.poll(() => double.asked.appends.length).toBeGreaterThan(1)
  double.faults.ready = true
  expect(await first).toMatchObject({ revision: 0 })

  double.stop()
  const second = store.append(stream, newEvents(1), 0)
  await double.start()
  expect(await second).toMatchObject({ revision: 1 })
})

test.each(['url', 'discoverUrl'] as const)('follows the leader (%s)', async (url) => {
  const [follower, leader] = [await start(), await start()]
  const [store, stream] = [storeOf({ url: follower[url] }), newStream()]
  follower.faults.leader = { address: '127.0.0.1', port: leader.port }
  expect(await store.append(stream, newEvents(1), 'none')).toMatchObject({ revision: 0 })
  expect(await ids(store, stream)).toHaveLength(1)
  expect(leader.asked.appends).toEqual(['no-stream'])
})

test("another client's broken batch stream in this process leaves appends alone", async () => {
  const double = await start()
  const store = storeOf(double)
  const other = EventStoreDBClient.connectionString(double.url)
  await other.appendToStream(newStream(), jsonEvent({ type: 'Other', data: {} }))
  const streams = Array.from({ length: 50 }, () => newStream())
  const appending = streams.map((stream) => store.append(stream, newEvents(2), 'none'))
  await other.dispose()
  for (const result of await Promise.all(appending)) expect(result).toMatchObject({ revision: 1 })
})

test('a softly deleted stream is empty and goes on counting', async () => {
  const double = await start()
  const [store, stream] = [storeOf(double), newStream()]
  await store.append(stream, newEvents(3), 'none')
  const operator = EventStoreDBClient.connectionString(double.url)
  await operator.deleteStream(stream)
  expect(await ids(store, stream)).toEqual([])
  expect(await store.append(stream, newEvents(1), 'any')).toMatchObject({ revision: 3 })
  const last = operator.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 })
  for await (const { event } of last) expect(event?.revision).toBe(3n)
  await operator.dispose()
})

test('a store that was closed refuses at once', async () => {
  const double = await start()
  const store = storeOf(double)
  await store.append(newStream(), newEvents(1), 'none')
  await store.close()
  const refused = { name: 'StoreUnavailable', maybeWritten: false }
  await expect(store.append(newStream(), newEvents(1), 'none')).rejects.toMatchObject(refused)
  await expect(Array.fromAsync(store.readStream('a'))).rejects.toMatchObject(refused)
})
