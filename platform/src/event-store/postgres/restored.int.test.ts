import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectClient } from '../../database/connection.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/test-servers.ts'
import { newEvents } from '../conformance/events.ts'
import { migrateEventStore } from './migrate.ts'
import { createPostgresEventStore } from './store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await migrateEventStore(database.ownerUrl)
})
afterAll(() => database.drop())

/** Runs as if the server had come back from a backup: every connection is lost, then the events. */
async function restoreTo(position: number) {
  const client = await connectClient(database.ownerUrl, 'restore')
  await client.query(`
    select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid();
    delete from event_store.events where position > ${position};
    update event_store.head set position = ${position}`)
  await client.end()
}

test('a subscription misses nothing of a store that was taken back and written anew', async () => {
  const store = createPostgresEventStore({ connectionString: database.ownerUrl })
  const done = new AbortController()
  const follow = async (after: number, positions: number[]) => {
    for await (const batch of store.subscribe({ after, signal: done.signal })) {
      positions.push(...batch.map(({ position }) => position))
    }
  }
  await store.append('test.before-t:1', newEvents(6), 'none')
  const before: number[] = []
  const following = [follow(0, before)]
  await vi.waitFor(() => expect(before).toEqual([1, 2, 3, 4, 5, 6]), { timeout: 60_000 })

  await restoreTo(3)
  const after: number[] = []
  following.push(follow(3, after)) // as a projection does: from its checkpoint, restored too
  await vi.waitFor(() => store.append('test.after-t:1', newEvents(5), 'none'), { timeout: 60_000 })
  await vi.waitFor(() => expect(after).toEqual([4, 5, 6, 7, 8]), { timeout: 60_000 })
  done.abort()
  await Promise.all(following)
  await store.close()
})
