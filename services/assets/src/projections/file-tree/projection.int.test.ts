import type { FileEvent } from '@atrium/contracts/assets/file-events.ts'
import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fileTree } from './projection.ts'

let urls: TestDatabase
let database: Database

beforeAll(async () => {
  urls = await createTestDatabase()
  database = await createDatabase({ ...urls, context: 'assets' })
})
afterAll(async () => {
  await database.close()
  await urls.drop()
})

const ownerId = `usr_${'0'.repeat(32)}`
const instanceId = `ins_${'1'.repeat(32)}`
const id = (number: number) => `fil_${String(number).padStart(32, '0')}`
const asset = (number: number) => `ast_${String(number).padStart(32, '0')}`
const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`
const which = (number: number) => ({ entryId: id(number), instanceId, ownerId })
const inside = (parent?: number) => (parent === undefined ? {} : { parentId: id(parent) })

const folder = (number: number, name: string, parent?: number): FileEvent => ({
  type: 'FolderCreated',
  data: { ...which(number), ...inside(parent), name, createdAt: day(1) },
})
const file = (number: number, name: string, parent?: number, assetNumber = number): FileEvent => ({
  type: 'FileWritten',
  data: {
    ...which(number),
    ...inside(parent),
    name,
    assetId: asset(assetNumber),
    mediaType: 'text/plain',
    sizeBytes: 5,
    sha256: 'a'.repeat(64),
    writtenBy: ownerId,
    writtenAt: day(2),
  },
})
const shared = (number: number, userId: string, access: 'read' | 'write'): FileEvent => ({
  type: 'EntryShared',
  data: { ...which(number), userId, access, sharedAt: day(3) },
})
const userId = `usr_${'9'.repeat(32)}`

/** docs/2026/plan.txt and docs/notes.txt */
const given: readonly FileEvent[] = [
  folder(1, 'docs'),
  folder(2, '2026', 1),
  file(3, 'plan.txt', 2),
  file(4, 'notes.txt', 1),
]

const rowsAfter = (table: string, ...events: readonly FileEvent[]) =>
  testProjection({
    owner: database.owner,
    context: 'assets',
    definition: fileTree,
    given: [...given, ...events],
    table,
  })
const entriesAfter = async (...events: readonly FileEvent[]) => {
  const rows = await rowsAfter('file_entry', ...events)
  return Object.fromEntries(rows.map((row) => [String(row['name']), row] as const))
}
const releasedAfter = async (...events: readonly FileEvent[]) =>
  (await rowsAfter('file_release', ...events)).map((row) => String(row['asset_id'])).toSorted()

it('has a row for each folder and file', async () => {
  const rows = await entriesAfter()
  expect(rows['docs']).toMatchObject({ id: id(1), parent_id: 'top', asset_id: null, version: 1 })
  expect(rows['plan.txt']).toMatchObject({
    parent_id: id(2),
    asset_id: asset(3),
    media_type: 'text/plain',
    size_bytes: 5,
    owner_id: ownerId,
    metadata: {},
    is_public: false,
  })
})

it('gives a file its new content, and notes that the old asset is let go', async () => {
  const events = [file(4, 'notes.txt', 1, 40)]
  expect((await entriesAfter(...events))['notes.txt']).toMatchObject({
    asset_id: asset(40),
    version: 2,
  })
  expect(await releasedAfter(...events)).toEqual([asset(4)])
})

it('moves a folder by its own row', async () => {
  const moved: FileEvent = {
    type: 'EntryMoved',
    data: { ...which(2), name: 'archive', movedAt: day(4) },
  }
  const rows = await entriesAfter(moved)
  expect(rows['archive']).toMatchObject({ id: id(2), parent_id: 'top', version: 2 })
  expect(rows['plan.txt']).toMatchObject({ parent_id: id(2), version: 1 })
})

it('forgets a folder with all below it and their shares, and notes their assets', async () => {
  const events: readonly FileEvent[] = [
    shared(3, userId, 'read'),
    { type: 'EntryDeleted', data: { ...which(1), deletedAt: day(5) } },
  ]
  expect(await entriesAfter(...events)).toEqual({})
  expect(await rowsAfter('file_share', ...events)).toEqual([])
  expect(await releasedAfter(...events)).toEqual([asset(3), asset(4)])
  const told: FileEvent = {
    type: 'FileAssetsReleased',
    data: { instanceId, ownerId, assetIds: [asset(3)], releasedAt: day(6) },
  }
  expect(await releasedAfter(...events, told)).toEqual([asset(4)])
})

it('notes what is said of an entry, and who shares it', async () => {
  const rows = await entriesAfter({
    type: 'EntryDescribed',
    data: { ...which(1), metadata: { a: 'b' }, isPublic: true, describedAt: day(4) },
  })
  expect(rows['docs']).toMatchObject({ metadata: { a: 'b' }, is_public: true, version: 2 })
  const both = [shared(1, userId, 'read'), shared(1, userId, 'write')]
  expect(await rowsAfter('file_share', ...both)).toMatchObject([
    { entry_id: id(1), user_id: userId, access: 'write', expires_at: null },
  ])
  expect((await entriesAfter(...both))['docs']).toMatchObject({ version: 3 })
  const taken: FileEvent = {
    type: 'EntryUnshared',
    data: { ...which(1), userId, unsharedAt: day(5) },
  }
  expect(await rowsAfter('file_share', ...both, taken)).toEqual([])
})

it('keeps a copy that is being built out of every path', async () => {
  const copy: readonly FileEvent[] = [
    {
      type: 'FolderCreated',
      data: { ...which(50), name: id(50), isDetached: true, createdAt: day(1) },
    },
    file(51, 'plan.txt', 50),
  ]
  const rows = await entriesAfter(...copy)
  expect(rows[id(50)]).toMatchObject({ parent_id: 'copies' })
  const attached: FileEvent = {
    type: 'EntryMoved',
    data: { ...which(50), name: 'copy', movedAt: day(4) },
  }
  expect((await entriesAfter(...copy, attached))['copy']).toMatchObject({ parent_id: 'top' })
})

it('forgets everything of an instance that is gone', async () => {
  const cleared: FileEvent = {
    type: 'TreeCleared',
    data: { instanceId, ownerId, clearedAt: day(7) },
  }
  const events = [file(4, 'notes.txt', 1, 40), shared(1, userId, 'read'), cleared]
  for (const table of ['file_entry', 'file_share', 'file_release']) {
    expect(await rowsAfter(table, ...events), table).toEqual([])
  }
})
