import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closedTenantList } from './projection.ts'

let urls: TestDatabase
let database: Database

beforeAll(async () => {
  urls = await createTestDatabase()
  database = await createDatabase({ ...urls, context: 'instances' })
})
afterAll(async () => {
  await database.close()
  await urls.drop()
})

it('has a row for a tenant that is closed, once and twice applied', async () => {
  const closedAt = '2026-01-05T00:00:00.000Z'
  const rows = await testProjection({
    owner: database.owner,
    context: 'instances',
    definition: closedTenantList,
    given: [{ type: 'TenantClosed', data: { tenantId: 'default', closedAt } }],
  })
  expect(rows).toEqual([{ tenant_id: 'default', closed_at: new Date(closedAt) }])
})
