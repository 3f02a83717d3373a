import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectList } from './projection.ts'

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

const [ownerId, by] = [`usr_${'0'.repeat(32)}`, `usr_${'1'.repeat(32)}`]
const which = { projectId: `prj_${'a'.repeat(32)}`, instanceId: `ins_${'b'.repeat(32)}`, ownerId }
const [sky, sea, sand] = ['1', '2', '3'].map((digit) => `ast_${digit.repeat(32)}`) as [
  string,
  string,
  string,
]
const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`
const date = (number: number) => new Date(day(number))

const created: ProjectEvent = {
  type: 'ProjectCreated',
  data: {
    ...which,
    kind: 'planner',
    name: 'Year',
    description: 'All of it',
    contentSha256: 'a'.repeat(64),
    contentSizeBytes: 10,
    assetIds: [sea, sand],
    createdBy: ownerId,
    createdAt: day(1),
  },
}
const deleted: ProjectEvent = {
  type: 'ProjectDeleted',
  data: { ...which, deletedBy: by, deletedAt: day(5), purgeAt: day(9) },
}

/** The row after these events, each applied once, twice and in one batch. */
async function rowAfter(...events: readonly ProjectEvent[]) {
  const [row, ...others] = await testProjection({
    owner: database.owner,
    context: 'instances',
    definition: projectList,
    given: [created, ...events],
  })
  expect(others).toEqual([])
  return row
}

it('has a row for each project that is created', async () => {
  expect(await rowAfter()).toMatchObject({
    tenant_id: 'default',
    id: which.projectId,
    instance_id: which.instanceId,
    owner_id: ownerId,
    kind: 'planner',
    name: 'Year',
    description: 'All of it',
    content_sha256: 'a'.repeat(64),
    content_size_bytes: 10,
    asset_ids: [sea, sand],
    archived: false,
    status: 'active',
    version: 1,
    created_at: date(1),
    updated_at: date(1),
    updated_by: ownerId,
  })
})

it('follows the content by name and size, and the assets that it names', async () => {
  const changed: ProjectEvent = {
    type: 'ProjectContentChanged',
    data: {
      ...which,
      contentSha256: 'b'.repeat(64),
      contentSizeBytes: 12,
      assetIdsAdded: [sky],
      assetIdsRemoved: [sand],
      patch: [],
      patchSizeBytes: 2,
      pointers: [],
      changedBy: by,
      changedAt: day(2),
    },
  }
  expect(await rowAfter(changed)).toMatchObject({
    content_sha256: 'b'.repeat(64),
    content_size_bytes: 12,
    asset_ids: [sky, sea],
    version: 2,
    updated_at: date(2),
    updated_by: by,
  })
  const { data } = changed
  const none = { ...data, assetIdsAdded: [], assetIdsRemoved: [sky, sea] }
  expect(await rowAfter(changed, { type: 'ProjectContentChanged', data: none })).toMatchObject({
    asset_ids: [],
    version: 3,
  })
})

it('renames and describes, a version each', async () => {
  const row = await rowAfter(
    { type: 'ProjectRenamed', data: { ...which, name: 'New', renamedBy: by, renamedAt: day(2) } },
    {
      type: 'ProjectDescribed',
      data: { ...which, description: null, describedBy: by, describedAt: day(3) },
    },
  )
  expect(row).toMatchObject({ name: 'New', description: null, version: 3, updated_at: date(3) })
})

it('marks an archived project, and one that is taken out again', async () => {
  const archived: ProjectEvent = {
    type: 'ProjectArchived',
    data: { ...which, archivedBy: by, archivedAt: day(2) },
  }
  expect(await rowAfter(archived)).toMatchObject({ archived: true, version: 2 })
  const unarchived: ProjectEvent = {
    type: 'ProjectUnarchived',
    data: { ...which, unarchivedBy: by, unarchivedAt: day(3) },
  }
  expect(await rowAfter(archived, unarchived)).toMatchObject({ archived: false, version: 3 })
})

it('marks a deleted project, counts what was abandoned, and shows a restored one', async () => {
  expect(await rowAfter(deleted)).toMatchObject({
    status: 'deleted',
    deleted_at: date(5),
    purge_at: date(9),
    version: 2,
  })
  const abandoned: ProjectEvent = {
    type: 'ProjectRestorationAbandoned',
    data: { ...which, abandonedAt: day(6) },
  }
  expect(await rowAfter(deleted, abandoned)).toMatchObject({ status: 'deleted', version: 3 })
  const restored: ProjectEvent = {
    type: 'ProjectRestored',
    data: { ...which, restoredBy: by, restoredAt: day(7) },
  }
  expect(await rowAfter(deleted, abandoned, restored)).toMatchObject({
    status: 'active',
    deleted_at: null,
    purge_at: null,
    version: 4,
    updated_at: date(7),
  })
})

it('forgets a purged project', async () => {
  const purged: ProjectEvent = { type: 'ProjectPurged', data: { ...which, purgedAt: day(9) } }
  expect(await rowAfter(deleted, purged)).toBeUndefined()
})
