import { afterAll } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testkit/test-servers.ts'
import { describeEventStore } from '../conformance.ts'
import { migrateEventStore } from './migrate.ts'

const databases: TestDatabase[] = []

describeEventStore('PostgreSQL', {
  opener: new URL('./conformance-opener.ts', import.meta.url),
  url: async () => {
    const database = await createTestDatabase()
    databases.push(database)
    await migrateEventStore(database.ownerUrl)
    return database.ownerUrl
  },
})

afterAll(() => Promise.all(databases.map((database) => database.drop())))
