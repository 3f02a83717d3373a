import { afterEach, expect, test } from 'vitest'
import { createEventStoreDbDouble } from '../../testkit/eventstoredb-double/double.ts'
import { newCategory, newEvent, newEvents, newStream } from '../conformance/events.ts'
import { numbers, ofCategory, take } from '../conformance/bench.ts'
import type { EventStore, RecordedEvent } from '../port.ts'
import { createEventStoreDbEventStore, type EventStoreDbOptions } from './event-store.ts'

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const opened of open.splice(0).toReversed()) await opened.close()
})

/** A double, a store on it, and a category with one stream of so many events. */
async function start(events: number, options: Partial<EventStoreDbOptions> = {}) {
  const double = await createEventStoreDbDouble()
  const store = createEventStoreDbEventStore({ url: double.url, ...options })
  open.push(double, store)
  const category = newCategory()
  const stream = newStream(category)
  if (events > 0) await store.append(stream, newEvents(events), 'none')
  return { double, store, category, stream, filter: ofCategory(category) }
}

const count = (length: number) => Array.from({ length }, (_, n) => n)
const never = () => new AbortController().signal

async function readAll(store: EventStore, category: string) {
  return (await Array.fromAsync(store.readAll({ filter: ofCategory(category) }))).flat()
}

test('a read that breaks goes on where it stopped, both ways', async () => {
  const { double, store, stream } = await start(100)
  for (const direction of ['forwards', 'backwards'] as const) {
    double.faults.reads.push({ kind: 'break', after: 10 }, { kind: 'break', after: 0 })
    const events = await Array.fromAsync(store.readStream(stream, { direction, limit: 90 }))
    const expected = direction === 'forwards' ? count(90) : count(100).toReversed().slice(0, 90)
    expect(numbers(events)).toEqual(expected)
  }
})

test('a read of all that breaks goes on where it stopped', async () => {
  const { double, store, category } = await start(100)
  double.faults.reads.push({ kind: 'break', after: 1 }, { kind: 'break', after: 40 })
  expect(numbers(await readAll(store, category))).toEqual(count(100))
})

test('a read that brings nothing is broken off and asked again', async () => {
  const { double, store, stream } = await start(5, { readSilenceMaxMs: 100 })
  double.faults.reads.push({ kind: 'silence' })
  expect(await Array.fromAsync(store.readStream(stream))).toHaveLength(5)
})

test('a read that goes on failing gives up', async () => {
  const { double, store, stream } = await start(5, { giveUpAfterMs: 200 })
  double.faults.reads.push(...count(100).map(() => ({ kind: 'break', after: 0 }) as const))
  const reading = Array.fromAsync(store.readStream(stream))
  await expect(reading).rejects.toMatchObject({ name: 'StoreUnavailable', maybeWritten: false })
})

test('a position inside a record is no position: the read gives up', async () => {
  const { store } = await start(5, { giveUpAfterMs: 200 })
  await expect(Array.fromAsync(store.readAll({ after: 7 }))).rejects.toThrow('did not read all')
})

test('a read of all ends at the head of its call, while others write', async () => {
  const { store, category, stream } = await start(50)
  const seen: RecordedEvent[] = []
  for await (const batch of store.readAll({ filter: ofCategory(category) })) {
    if (seen.length === 0) await store.append(stream, newEvents(50, 50), 49)
    seen.push(...batch)
  }
  expect(numbers(seen)).toEqual(count(50))
})

test.each(['connection', 'too-slow'] as const)(
  'a subscription that is dropped (%s) goes on: none missed, none twice',
  async (reason) => {
    const resumed: number[] = []
    const onResubscribe = (_: Error, failures: number) => void resumed.push(failures)
    const { double, store, stream, filter } = await start(200, { onResubscribe })
    const seen: number[] = []
    const subscription = { after: 0, filter, signal: never(), batchSizeMax: 20 }
    for await (const batch of store.subscribe(subscription)) {
      if (seen.length === 0) await store.append(stream, newEvents(200, 200), 199)
      seen.push(...numbers(batch))
      if (seen.length >= 400) break
      if (resumed.length < 3) double.dropSubscriptions(reason)
    }
    expect(seen).toEqual(count(400))
    expect(resumed.length).toBeGreaterThanOrEqual(3)
  },
)

test('a subscription outlives its server', async () => {
  const { double, store, stream, filter } = await start(10)
  const taking = take(store.subscribe({ after: 0, filter, signal: never() }), 20)
  await expect.poll(() => double.subscriptionCount()).toBe(1)
  double.stop()
  await double.start()
  await store.append(stream, newEvents(10, 10), 9)
  expect(numbers(await taking)).toEqual(count(20))
})

test('a subscription waits while the server is not ready', async () => {
  const { double, store, filter } = await start(3)
  double.faults.ready = false
  const taking = take(store.subscribe({ after: 0, filter, signal: never() }), 3)
  double.faults.ready = true
  expect(numbers(await taking)).toEqual(count(3))
})

test('a consumer that stands still holds the server back', async () => {
  const { double, store, filter, stream } = await start(0)
  const pad = 'x'.repeat(5_000)
  for (let n = 0; n < 2_000; n += 100) {
    const events = count(100).map((i) => newEvent('Padded', { n: n + i, pad }))
    await store.append(stream, events, n === 0 ? 'none' : n - 1)
  }
  const subscription = { after: 0, filter, signal: never(), batchSizeMax: 50 }
  const batches = store.subscribe(subscription)[Symbol.asyncIterator]()
  await batches.next()
  let sent = 0
  const grown = () => {
    const before = sent
    sent = double.asked.eventsSent
    return sent - before
  }
  await expect.poll(grown, { interval: 100 }).toBe(0)
  expect(sent).toBeLessThan(500)
  await batches.return?.()
})

test('the events of other contexts are not seen, nor those of the server', async () => {
  const { double, store } = await start(3)
  const auth = createEventStoreDbEventStore({ url: double.url, context: 'auth' })
  open.push(auth)
  const stream = `auth.user-t:${crypto.randomUUID()}`
  const appended = await auth.append(stream, newEvents(2), 'none')
  await store.append(newStream(), newEvents(1), 'none')
  await store.tombstone(`auth.user-t:${crypto.randomUUID()}`)

  const types = { filter: { types: ['Noted'] } }
  expect((await Array.fromAsync(auth.readAll())).flat()).toHaveLength(2)
  expect((await Array.fromAsync(auth.readAll(types))).flat()).toHaveLength(2)
  expect(await auth.headPosition()).toBe(appended.status === 'appended' && appended.position)
  const taken = await take(auth.subscribe({ after: 0, signal: never() }), 2)
  expect(taken.map((event) => event.stream)).toEqual([stream, stream])
})

test('a head that was found is not searched for again, and is never old', async () => {
  const { double, store, stream, filter } = await start(100)
  const head = await store.headPosition(filter)
  await store.append(newStream(), newEvents(1_000), 'none')
  expect(await store.headPosition(filter)).toBe(head)
  const { eventsSent } = double.asked
  expect(await store.headPosition(filter)).toBe(head)
  expect(double.asked.eventsSent - eventsSent).toBe(1)
  for (let n = 100; n < 103; n += 1) {
    const appended = await store.append(stream, newEvents(1, n), n - 1)
    expect(appended).toMatchObject({ position: await store.headPosition(filter) })
  }
})

test('a subscription ends when its store is closed', async () => {
  const { double, store, filter } = await start(1)
  const following = Array.fromAsync(store.subscribe({ after: 0, filter, signal: never() }))
  await expect.poll(() => double.subscriptionCount()).toBe(1)
  await store.close()
  expect((await following).flat().length).toBeLessThanOrEqual(1)
})
