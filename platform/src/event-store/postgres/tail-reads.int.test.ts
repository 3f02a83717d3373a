import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testkit/test-servers.ts'
import { newEvents } from '../conformance/events.ts'
import { StreamTombstoned, type EventStore } from '../port.ts'
import { migrateEventStore } from './migrate.ts'
import { createPostgresEventStore } from './store.ts'
import { tailRowsMax } from './tail-reads.ts'

let database: TestDatabase
let store: EventStore

beforeAll(async () => {
  database = await createTestDatabase()
  await migrateEventStore(database.ownerUrl)
  store = createPostgresEventStore({ connectionString: database.ownerUrl })
})

afterAll(async () => {
  await store.close()
  await database.drop()
})

const newStream = () => `test.tail-t:${randomUUID()}`

async function revisionsFrom(stream: string, from: number) {
  const revisions: number[] = []
  for await (const event of store.readStream(stream, { from })) {
    expect(event.stream).toBe(stream)
    revisions.push(event.revision)
  }
  return revisions
}

const range = (from: number, end: number) =>
  Array.from({ length: Math.max(0, end - from) }, (_, n) => from + n)

test('tails that are asked for together are each whole and in order', async () => {
  const lengths = [0, 1, 2, 5, tailRowsMax, tailRowsMax + 1, 2 * tailRowsMax + 1, 1_300]
  const streams = await Promise.all(
    lengths.map(async (length) => {
      const stream = newStream()
      if (length > 0) await store.append(stream, newEvents(length), 'none')
      return { stream, length }
    }),
  )
  const asked = streams.flatMap(({ stream, length }) =>
    range(0, 20).map((n) => ({ stream, length, from: 1 + n * 6 })),
  )
  const read = await Promise.all(asked.map(({ stream, from }) => revisionsFrom(stream, from)))
  expect(read).toEqual(asked.map(({ length, from }) => range(from, length)))
})

test('a tail shows whatever was written before it was asked for, however many ask', async () => {
  const streams = Array.from({ length: 32 }, newStream)
  await Promise.all(streams.map((stream) => store.append(stream, newEvents(1), 'none')))
  await Promise.all(
    streams.map(async (stream) => {
      for (let length = 1; length < 40; length += 1) {
        await store.append(stream, newEvents(1), length - 1)
        expect(await revisionsFrom(stream, length)).toEqual([length])
      }
    }),
  )
})

test('a stream that was ended refuses its tail, and no other that was asked for with it', async () => {
  const [ended, alive] = [newStream(), newStream()]
  for (const stream of [ended, alive]) await store.append(stream, newEvents(3), 'none')
  await store.tombstone(ended)
  const [one, other, long] = await Promise.allSettled([
    revisionsFrom(ended, 1),
    revisionsFrom(alive, 1),
    revisionsFrom(ended, 1_000),
  ])
  expect(one).toMatchObject({ reason: expect.any(StreamTombstoned) as unknown })
  expect(other).toEqual({ status: 'fulfilled', value: [1, 2] })
  expect(long).toMatchObject({ reason: expect.any(StreamTombstoned) as unknown })
})

test('a tail that cannot be read says so to everyone who asked', async () => {
  const unreachable = createPostgresEventStore({
    connectionString: 'postgres://nobody@127.0.0.1:9/none',
    giveUpAfterMs: 100,
  })
  const ask = async () => {
    for await (const _event of unreachable.readStream('test.x-t:1', { from: 1 })) continue
  }
  const outcomes = await Promise.allSettled([ask(), ask(), ask()])
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } })
  }
  await unreachable.close()
})
