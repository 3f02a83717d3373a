import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testkit/test-servers.ts'
import { newEvent } from '../conformance/events.ts'
import { migrateEventStore } from './migrate.ts'
import { createPostgresEventStore } from './store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await migrateEventStore(database.ownerUrl)
})
afterAll(() => database.drop())

test('large events come in shorter pages, small ones in whole pages again', async () => {
  const store = createPostgresEventStore({ connectionString: database.ownerUrl })
  const large = Array.from({ length: 60 }, () => newEvent('Noted', 'x'.repeat(200 * 1024)))
  for (const [n, event] of large.entries()) await store.append(`test.large-t:${n}`, [event], 'none')
  const small = Array.from({ length: 60 }, () => newEvent())
  await store.append('test.small-t:1', small, 'none')

  const ended = new AbortController()
  const sizes: number[] = []
  const positions: number[] = []
  const subscription = { after: 0, signal: ended.signal, batchSizeMax: 30 }
  for await (const batch of store.subscribe(subscription)) {
    sizes.push(batch.length)
    positions.push(...batch.map(({ position }) => position))
    if (positions.length === large.length + small.length) ended.abort()
  }
  expect(positions).toEqual([...large, ...small].map((_, n) => n + 1))
  // 4 MiB hold 20 of the large ones.
  expect(sizes.slice(0, 3)).toEqual([30, 20, 20])
  expect(Math.max(...sizes.slice(3))).toBe(30)
  await store.close()
})
