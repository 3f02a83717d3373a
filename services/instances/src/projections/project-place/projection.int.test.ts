import type { ProjectEvent, ProjectPlaceEvent } from '@atrium/contracts/instances/project-events.ts'
import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectPlace } from './projection.ts'

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
const which = { projectId: `prj_${'a'.repeat(32)}`, instanceId: `ins_${'b'.repeat(32)}`, ownerId }
const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`
const date = (number: number) => new Date(day(number))

const taken = (reason: 'creation' | 'restoration', takenAt: string): ProjectPlaceEvent => ({
  type: 'ProjectPlaceTaken',
  data: { ...which, for: reason, takenAt },
})
const created: ProjectEvent = {
  type: 'ProjectCreated',
  data: {
    ...which,
    kind: 'plain',
    name: 'Year',
    contentSha256: 'a'.repeat(64),
    contentSizeBytes: 10,
    assetIds: [],
    createdBy: ownerId,
    createdAt: day(1),
  },
}
const deleted: ProjectEvent = {
  type: 'ProjectDeleted',
  data: { ...which, deletedBy: ownerId, deletedAt: day(2), purgeAt: day(9) },
}

/** The row after these events of both streams, each applied once, twice and in one batch. */
async function rowAfter(...given: readonly (ProjectPlaceEvent | ProjectEvent)[]) {
  const rows = await testProjection({
    owner: database.owner,
    context: 'instances',
    definition: projectPlace,
    given: given.map((event) => ({
      event,
      id: event.type.startsWith('ProjectPlace') ? ownerId : which.projectId,
    })),
  })
  expect(rows.length).toBeLessThan(2)
  return rows[0]
}

it('has a place that nobody needs until the project is there', async () => {
  expect(await rowAfter(taken('creation', day(1)))).toMatchObject({
    project_id: which.projectId,
    instance_id: which.instanceId,
    owner_id: ownerId,
    taken_at: date(1),
    needed: false,
  })
  expect(await rowAfter(taken('creation', day(1)), created)).toMatchObject({ needed: true })
})

it('has one that a deleted project does not need, and a restored one does', async () => {
  const gone = [taken('creation', day(1)), created, deleted]
  expect(await rowAfter(...gone)).toMatchObject({ needed: false })
  const again = [...gone, taken('restoration', day(3))]
  expect(await rowAfter(...again)).toMatchObject({ needed: false, taken_at: date(3) })
  const restored: ProjectEvent = {
    type: 'ProjectRestored',
    data: { ...which, restoredBy: ownerId, restoredAt: day(3) },
  }
  expect(await rowAfter(...again, restored)).toMatchObject({ needed: true })
})

it('has one that a purged project does not need', async () => {
  const purged: ProjectEvent = { type: 'ProjectPurged', data: { ...which, purgedAt: day(9) } }
  expect(await rowAfter(taken('creation', day(1)), created, purged)).toMatchObject({
    needed: false,
  })
})

it('forgets a place that is released', async () => {
  const released: ProjectPlaceEvent = {
    type: 'ProjectPlaceReleased',
    data: { ...which, releasedAt: day(2) },
  }
  expect(await rowAfter(taken('creation', day(1)), created, deleted, released)).toBeUndefined()
})
