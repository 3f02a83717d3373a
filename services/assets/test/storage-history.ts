import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { storage, type NewAsset } from '../src/storage.ts'

// The history and the commands of one owner, as the tests of the storage tell them.

export const given = createGiven(storage)
export const ownerId = `usr_${'0'.repeat(32)}`
export const [home, work] = [`ins_${'a'.repeat(32)}`, `ins_${'b'.repeat(32)}`]
export const [plan, diary] = [`prj_${'1'.repeat(32)}`, `prj_${'2'.repeat(32)}`]
export const [cover, photo] = [`ast_${'c'.repeat(32)}`, `ast_${'d'.repeat(32)}`]
export const [first, second] = [`rsv_${'e'.repeat(32)}`, `rsv_${'f'.repeat(32)}`]
export const sha256 = '5'.repeat(64)
export const limits = { bytesMax: 1_000, imagesMax: 3 }

/** Hours of one day, so that times are easy to compare. */
export const hour = (number: number) => `2026-01-01T${String(number).padStart(2, '0')}:00:00.000Z`

export const provisioned = (instanceId = home): StorageEvent => ({
  type: 'StorageProvisioned',
  data: { instanceId, ownerId, provisionedAt: hour(0) },
})
export const hidden = (instanceId = home): StorageEvent => ({
  type: 'StorageHidden',
  data: { instanceId, ownerId, hiddenAt: hour(1) },
})
export const released = (instanceId = home): StorageEvent => ({
  type: 'StorageReleased',
  data: { instanceId, ownerId, releasedAt: hour(1), purgeAt: hour(2) },
})
export const followed = (projectId: string, instanceId = home): StorageEvent => ({
  type: 'ProjectFollowed',
  data: { projectId, instanceId, ownerId, followedAt: hour(0) },
})
export const uses = (projectId: string, change: object, instanceId = home): StorageEvent => ({
  type: 'ProjectUsesChanged',
  data: { projectId, instanceId, ownerId, ...change, changedAt: hour(1) },
})
export const projectHidden = (projectId: string): StorageEvent => ({
  type: 'ProjectHidden',
  data: { projectId, instanceId: home, ownerId, hiddenAt: hour(2) },
})
export const reserved = (reservationId: string, bytes: number, images = 0): StorageEvent => ({
  type: 'SpaceReserved',
  data: {
    reservationId,
    ownerId,
    bytes,
    images,
    reservedAt: hour(1),
    expiresAt: hour(5),
  },
})
export const stored = (
  assetId: string,
  options: { sizeBytes?: number; home?: 'library' | 'project' | 'files'; mediaType?: string } = {},
): StorageEvent => ({
  type: 'AssetStored',
  data: {
    assetId,
    instanceId: home,
    ownerId,
    name: 'a.png',
    mediaType: options.mediaType ?? 'image/png',
    sizeBytes: options.sizeBytes ?? 100,
    sha256,
    home: options.home ?? 'library',
    storedAt: hour(1),
  },
})
export const deleted = (assetId: string): StorageEvent => ({
  type: 'AssetDeleted',
  data: { assetId, instanceId: home, ownerId, deletedAt: hour(2), purgeAt: hour(4) },
})
export const leftUnused = (assetId: string): StorageEvent => ({
  type: 'AssetLeftUnused',
  data: { assetId, instanceId: home, ownerId, leftAt: hour(2), purgeAt: hour(4) },
})

export const instanceCommand = <Type extends string>(type: Type, at = hour(3)) =>
  ({ type, ownerId, instanceId: home, at, purgeAt: hour(9) }) as const
export const projectCommand = <Type extends string>(type: Type, projectId = plan) =>
  ({ type, projectId, ownerId, instanceId: home, at: hour(3), purgeAt: hour(9) }) as const
export const changeUses = (change: object, projectId = plan, instanceId = home) =>
  ({
    ...projectCommand('ChangeUses', projectId),
    instanceId,
    named: [],
    dropped: [],
    ...change,
  }) as const
export const reserve = (bytes: number, options: object = {}) =>
  ({
    ownerId,
    instanceId: home,
    reservationId: second,
    bytes,
    images: 0,
    at: hour(3),
    expiresAt: hour(8),
    limits,
    ...options,
    type: 'ReserveSpace',
  }) as const
export const png: NewAsset = {
  assetId: cover,
  name: 'a.png',
  mediaType: 'image/png',
  sizeBytes: 100,
  sha256,
  width: 3,
  height: 2,
}
export const store = (options: object = {}) =>
  ({
    ownerId,
    instanceId: home,
    reservationId: first,
    home: 'library',
    assets: [png],
    at: hour(3),
    limits,
    ...options,
    type: 'StoreAssets',
  }) as const
export const remove = (assetId: string, discard = false) =>
  ({ type: 'DeleteAsset', assetId, ownerId, at: hour(3), purgeAt: hour(9), discard }) as const
export const letGoOfFiles = (...assetIds: string[]) =>
  ({ type: 'LetGoOfFiles', assetIds, ownerId, at: hour(3), purgeAt: hour(9) }) as const
export const collect = (at: string, ...assetIds: string[]) =>
  ({ type: 'CollectAssets', assetIds, ownerId, at }) as const

export const types = (events: readonly StorageEvent[]) => events.map(({ type }) => type)
