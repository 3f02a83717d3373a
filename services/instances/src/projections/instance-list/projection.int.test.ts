import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { instanceList } from './projection.ts'

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

const ownerId = `usr_${'0'.repeat(32)}`
const [a, b] = [`ins_${'a'.repeat(32)}`, `ins_${'b'.repeat(32)}`]
const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`
const date = (number: number) => new Date(day(number))

const created: readonly InstanceEvent[] = [
  { type: 'InstanceCreated', data: { instanceId: a, ownerId, name: 'A', createdAt: day(1) } },
  { type: 'DefaultInstanceChanged', data: { instanceId: a, ownerId, changedAt: day(1) } },
  {
    type: 'InstanceCreated',
    data: { instanceId: b, ownerId, name: 'B', description: 'Second', createdAt: day(2) },
  },
]
const deleted: InstanceEvent = {
  type: 'InstanceDeleted',
  data: { instanceId: b, ownerId, deletedAt: day(5), purgeAt: day(9) },
}

/** The rows after these events, each applied once, twice and in one batch, by instance. */
async function rowsAfter(...events: readonly InstanceEvent[]) {
  const given = [...created, ...events]
  const rows = await testProjection({
    owner: database.owner,
    context: 'instances',
    definition: instanceList,
    given,
  })
  return Object.fromEntries(rows.map((row) => [String(row['id']), row] as const))
}

it('has a row for each instance that is created, the default marked', async () => {
  const rows = await rowsAfter()
  expect(rows[a]).toMatchObject({
    tenant_id: 'default',
    owner_id: ownerId,
    name: 'A',
    description: null,
    status: 'active',
    is_default: true,
    version: 2,
    created_at: date(1),
    last_accessed_at: date(1),
  })
  expect(rows[b]).toMatchObject({ description: 'Second', is_default: false, version: 1 })
})

it('renames, describes and moves the default, a version each', async () => {
  const rows = await rowsAfter(
    { type: 'InstanceRenamed', data: { instanceId: b, ownerId, name: 'C', renamedAt: day(3) } },
    {
      type: 'InstanceDescribed',
      data: { instanceId: b, ownerId, description: null, describedAt: day(3) },
    },
    {
      type: 'DefaultInstanceChanged',
      data: { instanceId: b, ownerId, previousInstanceId: a, changedAt: day(3) },
    },
  )
  expect(rows[b]).toMatchObject({ name: 'C', description: null, is_default: true, version: 4 })
  expect(rows[a]).toMatchObject({ is_default: false, version: 3 })
})

it('notes an access without a version', async () => {
  const rows = await rowsAfter({
    type: 'InstanceAccessed',
    data: { instanceId: b, ownerId, accessedAt: day(4) },
  })
  expect(rows[b]).toMatchObject({ last_accessed_at: date(4), version: 1 })
})

it('marks a deleted instance, and a restored one as before', async () => {
  const gone = await rowsAfter(deleted)
  expect(gone[b]).toMatchObject({
    status: 'deleted',
    deleted_at: date(5),
    purge_at: date(9),
    version: 2,
  })
  const back = await rowsAfter(deleted, {
    type: 'InstanceRestored',
    data: { instanceId: b, ownerId, restoredAt: day(6) },
  })
  expect(back[b]).toMatchObject({ status: 'active', deleted_at: null, purge_at: null, version: 3 })
})

it('forgets a purged instance', async () => {
  const rows = await rowsAfter(deleted, {
    type: 'InstancePurged',
    data: { instanceId: b, ownerId, purgedAt: day(9) },
  })
  expect(Object.keys(rows)).toEqual([a])
})
