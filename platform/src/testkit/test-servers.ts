import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import {
  type ContextDatabaseUrls,
  createContextDatabase,
  dropDatabase,
  dropRoles,
} from '../servers/context-database.ts'

export type TestDatabase = ContextDatabaseUrls & {
  readonly name: string
  /** Of the server this database is on, as one who may do everything there. */
  readonly adminUrl: string
  /** Ends what still uses the database and removes it, with its roles. */
  drop(): Promise<void>
}

/** An empty database with roles of its own: `ownerUrl` and `routesUrl`, as a context has them. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { postgresUrl: adminUrl, runId } = inject('testServers')
  const name = `test_${runId}_${randomBytes(4).toString('hex')}`
  const owner = { name: `${name}_owner`, password: randomBytes(16).toString('hex') }
  const routes = { name: `${name}_routes`, password: randomBytes(16).toString('hex') }
  const urls = await createContextDatabase(adminUrl, { database: name, owner, routes })
  return {
    ...urls,
    name,
    adminUrl,
    async drop() {
      await dropDatabase(adminUrl, name)
      await dropRoles(adminUrl, [owner.name, routes.name])
    },
  }
}

/**
 * The address of the run's NATS, to be read by `parseNatsUrl`. All test files share it: a test
 * names its streams and subjects so that no other test meets them.
 */
export const natsUrl = () => inject('testServers').natsUrl
