import type { BlobEvent } from '@atrium/contracts/assets/blob-events.ts'
import type { LinkEvent } from '@atrium/contracts/assets/link-events.ts'
import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import type { UploadEvent } from '@atrium/contracts/assets/upload-events.ts'
import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { testProjection } from '@atrium/platform/testkit/projection.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blobList } from '../src/projections/blob-list/projection.ts'
import { library } from '../src/projections/library/projection.ts'
import { linkList } from '../src/projections/link-list/projection.ts'
import { uploadList } from '../src/projections/upload-list/projection.ts'
import {
  cover,
  deleted,
  diary,
  followed,
  hidden,
  home,
  hour,
  leftUnused,
  ownerId,
  photo,
  plan,
  projectHidden,
  provisioned,
  released,
  reserved,
  stored,
  uses,
  first,
} from './storage-history.ts'

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

// testProjection applies the events once, each one twice, and all in one batch.
const libraryAfter = (table: string, ...given: readonly StorageEvent[]) =>
  testProjection({ owner: database.owner, context: 'assets', definition: library, given, table })
const blobsAfter = (table: string, ...given: readonly BlobEvent[]) =>
  testProjection({ owner: database.owner, context: 'assets', definition: blobList, given, table })
const linksAfter = (...given: readonly LinkEvent[]) =>
  testProjection({ owner: database.owner, context: 'assets', definition: linkList, given })
const uploadsAfter = (...given: readonly UploadEvent[]) =>
  testProjection({ owner: database.owner, context: 'assets', definition: uploadList, given })

const which = { instanceId: home, ownerId }
const date = (number: number) => new Date(hour(number))

describe('the library', () => {
  it('has a row for each asset, until it is purged', async () => {
    const history = [provisioned(), stored(cover), stored(photo, { home: 'project' })]
    const rows = await libraryAfter('asset_list', ...history)
    expect(rows).toMatchObject([
      {
        tenant_id: 'default',
        id: cover,
        owner_id: ownerId,
        instance_id: home,
        name: 'a.png',
        media_type: 'image/png',
        size_bytes: 100,
        width: null,
        home: 'library',
        status: 'kept',
        purge_at: null,
        stored_at: date(1),
      },
      { id: photo, home: 'project' },
    ])
    const purged: StorageEvent = {
      type: 'AssetPurged',
      data: { assetId: cover, ...which, sha256: '5'.repeat(64), purgedAt: hour(4) },
    }
    const left = await libraryAfter('asset_list', ...history, deleted(cover), purged)
    expect(left.map((row) => row['id'])).toEqual([photo])
  })

  it('tells what is on its way out, and what came back', async () => {
    const rows = await libraryAfter(
      'asset_list',
      stored(cover),
      stored(photo),
      deleted(cover),
      leftUnused(photo),
    )
    expect(rows).toMatchObject([
      { id: cover, status: 'deleted', purge_at: date(4) },
      { id: photo, status: 'unused', purge_at: date(4) },
    ])
    const back = await libraryAfter(
      'asset_list',
      stored(cover),
      stored(photo),
      deleted(cover),
      leftUnused(photo),
      { type: 'AssetRestored', data: { assetId: cover, ...which, restoredAt: hour(3) } },
      { type: 'AssetUsedAgain', data: { assetId: photo, ...which, usedAt: hour(3) } },
    )
    expect(back).toMatchObject([
      { status: 'kept', purge_at: null },
      { status: 'kept', purge_at: null },
    ])
  })

  it('has an asset as a project’s that was in a file once', async () => {
    const left: StorageEvent = {
      type: 'AssetLeftFiles',
      data: { assetId: cover, ...which, leftAt: hour(2) },
    }
    const rows = await libraryAfter('asset_list', stored(cover, { home: 'files' }), left)
    expect(rows).toMatchObject([{ id: cover, home: 'project', status: 'kept', revision: 1 }])
  })

  it('has the status of each instance, also of one that it hears of when it is purged', async () => {
    const shown: StorageEvent = { type: 'StorageShown', data: { ...which, shownAt: hour(3) } }
    const statusAfter = async (...events: StorageEvent[]) => {
      const [row] = await libraryAfter('instance_storage', ...events)
      return row
    }
    expect(await statusAfter(provisioned())).toMatchObject({ id: home, status: 'active' })
    expect(await statusAfter(provisioned(), hidden())).toMatchObject({ status: 'deleted' })
    expect(await statusAfter(provisioned(), hidden(), shown)).toMatchObject({ status: 'active' })
    const gone = { status: 'purged', purge_at: date(2) }
    expect(await statusAfter(provisioned(), hidden(), released())).toMatchObject(gone)
    expect(await statusAfter(released())).toMatchObject(gone)
  })

  it('has what projects use, whether they are hidden, and nothing of those that are gone', async () => {
    const history = [
      followed(plan),
      followed(diary),
      uses(plan, { uploaded: [cover], named: [cover, photo] }),
      uses(diary, { named: [photo] }),
      uses(plan, { dropped: [cover] }),
    ]
    expect(await libraryAfter('project_use', ...history)).toMatchObject([
      { project_id: plan, asset_id: photo },
      { project_id: diary, asset_id: photo },
    ])
    const shown: StorageEvent = {
      type: 'ProjectShown',
      data: { projectId: plan, ...which, shownAt: hour(3) },
    }
    expect(await libraryAfter('project_storage', ...history, projectHidden(plan))).toMatchObject([
      { id: plan, is_hidden: true },
      { id: diary, is_hidden: false },
    ])
    expect(
      await libraryAfter('project_storage', ...history, projectHidden(plan), shown),
    ).toMatchObject([{ is_hidden: false }, { is_hidden: false }])
    const gone: StorageEvent = {
      type: 'ProjectReleased',
      data: { projectId: plan, ...which, releasedAt: hour(3) },
    }
    expect(await libraryAfter('project_use', ...history, gone)).toMatchObject([
      { project_id: diary },
    ])
    expect(await libraryAfter('project_storage', ...history, gone)).toMatchObject([{ id: diary }])
  })

  it('has what uploads have reserved, with the newest time', async () => {
    const again = reserved(first, 9)
    const prolonged: StorageEvent =
      again.type === 'SpaceReserved'
        ? { type: again.type, data: { ...again.data, expiresAt: hour(7) } }
        : again
    expect(await libraryAfter('space_reservation', reserved(first, 5), prolonged)).toMatchObject([
      { id: first, owner_id: ownerId, expires_at: date(7) },
    ])
    const over: StorageEvent = {
      type: 'SpaceReleased',
      data: { reservationId: first, ownerId, reason: 'stored', releasedAt: hour(3) },
    }
    expect(await libraryAfter('space_reservation', reserved(first, 5), over)).toEqual([])
  })
})

describe('the list of blobs', () => {
  const sha256 = '5'.repeat(64)
  const hold = (assetId: string) => ({ sha256, assetId, ownerId, reservationId: first })
  const history: readonly BlobEvent[] = [
    {
      type: 'BlobStored',
      data: { ...hold(cover), key: 'default/1', sizeBytes: 9, storedAt: hour(1) },
    },
    { type: 'BlobHeld', data: { ...hold(photo), heldAt: hour(1) } },
    {
      type: 'VariantStored',
      data: {
        sha256,
        variant: 'w=9',
        key: 'default/v',
        tag: 'f'.repeat(64),
        mediaType: 'image/png',
        sizeBytes: 3,
        storedAt: hour(1),
      },
    },
  ]
  const letGo = (assetId: string): BlobEvent => ({
    type: 'BlobReleased',
    data: { sha256, assetId, releasedAt: hour(2) },
  })
  const condemned: BlobEvent = {
    type: 'BlobCondemned',
    data: { sha256, keys: ['default/1', 'default/v'], reason: 'unheld', condemnedAt: hour(2) },
  }

  it('has the bytes, who holds them, and what was made of them', async () => {
    expect(await blobsAfter('blob', ...history)).toMatchObject([
      { tenant_id: 'default', sha256, key: 'default/1', size_bytes: 9 },
    ])
    expect(await blobsAfter('blob_holder', ...history)).toMatchObject([
      { asset_id: cover, owner_id: ownerId, reservation_id: first },
      { asset_id: photo },
    ])
    expect(await blobsAfter('blob_variant', ...history)).toMatchObject([
      { variant: 'w=9', key: 'default/v', media_type: 'image/png', size_bytes: 3 },
    ])
    const dropped: BlobEvent = {
      type: 'VariantDropped',
      data: { sha256, variant: 'w=9', key: 'default/v', reason: 'old', droppedAt: hour(2) },
    }
    expect(await blobsAfter('blob_variant', ...history, dropped)).toEqual([])
    expect(await blobsAfter('condemned_blob', ...history, dropped)).toMatchObject([
      { tenant_id: 'default', sha256, key: 'default/v' },
    ])
    expect(await blobsAfter('blob_holder', ...history, letGo(cover))).toMatchObject([
      { asset_id: photo },
    ])
  })

  it('has what is condemned until it is removed, and new bytes beside it', async () => {
    const gone = [...history, letGo(cover), letGo(photo), condemned]
    expect(await blobsAfter('blob', ...gone)).toEqual([])
    expect(await blobsAfter('blob_variant', ...gone)).toEqual([])
    expect(await blobsAfter('condemned_blob', ...gone)).toMatchObject([
      { key: 'default/1' },
      { key: 'default/v' },
    ])
    const again: BlobEvent = {
      type: 'BlobStored',
      data: { ...hold(photo), key: 'default/2', sizeBytes: 9, storedAt: hour(3) },
    }
    const removed: BlobEvent = {
      type: 'BlobRemoved',
      data: { sha256, keys: ['default/1'], removedAt: hour(3) },
    }
    expect(await blobsAfter('blob', ...gone, again)).toMatchObject([{ key: 'default/2' }])
    expect(await blobsAfter('condemned_blob', ...gone, again, removed)).toMatchObject([
      { key: 'default/v' },
    ])
  })
})

describe('the list of links', () => {
  const link = { linkId: `lnk_${'a'.repeat(32)}`, assetId: cover, ...which }
  const created: LinkEvent = {
    type: 'LinkCreated',
    data: { ...link, downloadsMax: 3, createdAt: hour(1), expiresAt: hour(9) },
  }
  const downloaded: LinkEvent = {
    type: 'LinkDownloaded',
    data: { ...link, downloadedAt: hour(2) },
  }

  it('counts downloads, and has nothing of a revoked one', async () => {
    expect(await linksAfter(created, downloaded, downloaded)).toMatchObject([
      { id: link.linkId, asset_id: cover, downloads: 2, downloads_max: 3, expires_at: date(9) },
    ])
    const revoked: LinkEvent = { type: 'LinkRevoked', data: { ...link, revokedAt: hour(3) } }
    expect(await linksAfter(created, downloaded, revoked)).toEqual([])
  })
})

describe('the list of uploads', () => {
  const upload = { uploadId: cover, ownerId }
  const created: UploadEvent = {
    type: 'UploadCreated',
    data: {
      ...upload,
      instanceId: home,
      reservationId: first,
      name: 'a.png',
      sizeBytes: 9,
      createdAt: hour(1),
      expiresAt: hour(9),
    },
  }
  const received: UploadEvent = {
    type: 'UploadReceived',
    data: { ...upload, sha256: '5'.repeat(64), mediaType: 'image/png', receivedAt: hour(2) },
  }
  const ends: readonly UploadEvent[] = [
    { type: 'UploadRefused', data: { ...upload, code: 'svg-active', refusedAt: hour(3) } },
    { type: 'UploadTerminated', data: { ...upload, terminatedAt: hour(3) } },
    { type: 'UploadExpired', data: { ...upload, expiredAt: hour(3) } },
  ]

  it('says what is still to be done of each', async () => {
    const row = { id: cover, owner_id: ownerId, instance_id: home, expires_at: date(9) }
    expect(await uploadsAfter(created)).toMatchObject([
      { ...row, status: 'open', changed_at: date(1) },
    ])
    expect(await uploadsAfter(created, received)).toMatchObject([
      { ...row, status: 'received', changed_at: date(2) },
    ])
    for (const end of ends) {
      expect(await uploadsAfter(created, end), end.type).toMatchObject([
        { ...row, status: 'ended', changed_at: date(3) },
      ])
    }
  })

  it('has nothing of what was finished, or cleared away', async () => {
    const finished: UploadEvent = {
      type: 'UploadFinished',
      data: { ...upload, finishedAt: hour(3) },
    }
    expect(await uploadsAfter(created, received, finished)).toEqual([])
    const cleared: UploadEvent = { type: 'UploadCleared', data: { ...upload, clearedAt: hour(4) } }
    for (const end of ends) expect(await uploadsAfter(created, end, cleared)).toEqual([])
  })
})
