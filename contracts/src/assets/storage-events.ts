import { Type } from 'typebox'
import { defineEvent, eventData, type EventOf } from '../event.ts'
import { AssetId, InstanceId, ProjectId, ReservationId, Timestamp, UserId } from '../schema.ts'
import type { AssetEvent } from './asset-events.ts'

// One stream per owner, assets.storage-<tenant>:<ownerId>, holds what the owner's instances keep:
// the quota is exact there, and so is what a project or an instance that goes takes along.

const context = 'assets'
const instance = { instanceId: InstanceId, ownerId: UserId }
const project = { projectId: ProjectId, ...instance }
const assetIds = Type.Array(AssetId)

export const storageProvisioned = defineEvent({
  context,
  type: 'StorageProvisioned',
  visibility: 'private',
  summary: 'An instance can hold assets.',
  data: eventData({ ...instance, provisionedAt: Timestamp }),
})

export const storageHidden = defineEvent({
  context,
  type: 'StorageHidden',
  visibility: 'private',
  summary: 'The instance was deleted: all that it holds is hidden and counts as trash.',
  data: eventData({ ...instance, hiddenAt: Timestamp }),
})

export const storageShown = defineEvent({
  context,
  type: 'StorageShown',
  visibility: 'private',
  summary: 'The instance is back, and with it what it holds.',
  data: eventData({ ...instance, shownAt: Timestamp }),
})

export const storageReleased = defineEvent({
  context,
  type: 'StorageReleased',
  visibility: 'private',
  summary: 'The instance is gone for good: what it held is purged at purgeAt.',
  data: eventData({ ...instance, releasedAt: Timestamp, purgeAt: Timestamp }),
})

export const projectFollowed = defineEvent({
  context,
  type: 'ProjectFollowed',
  visibility: 'private',
  summary: 'A project can use assets.',
  data: eventData({ ...project, followedAt: Timestamp }),
})

export const projectUsesChanged = defineEvent({
  context,
  type: 'ProjectUsesChanged',
  visibility: 'private',
  summary: 'A project uses other assets than before. One that does not exist yet may be named.',
  data: eventData({
    ...project,
    uploaded: Type.Optional(assetIds),
    named: Type.Optional(assetIds),
    dropped: Type.Optional(assetIds),
    changedAt: Timestamp,
  }),
})

export const projectHidden = defineEvent({
  context,
  type: 'ProjectHidden',
  visibility: 'private',
  summary: 'The project was deleted: what only it uses is hidden and counts as trash.',
  data: eventData({ ...project, hiddenAt: Timestamp }),
})

export const projectShown = defineEvent({
  context,
  type: 'ProjectShown',
  visibility: 'private',
  summary: 'The project is back, and with it what it uses.',
  data: eventData({ ...project, shownAt: Timestamp }),
})

export const projectReleased = defineEvent({
  context,
  type: 'ProjectReleased',
  visibility: 'private',
  summary: 'The project is gone for good and uses nothing any more.',
  data: eventData({ ...project, releasedAt: Timestamp }),
})

export const spaceReserved = defineEvent({
  context,
  type: 'SpaceReserved',
  visibility: 'private',
  summary: 'An upload may store so much until expiresAt. Replaces what it had reserved before.',
  data: eventData({
    reservationId: ReservationId,
    ownerId: UserId,
    bytes: Type.Integer({ minimum: 0 }),
    images: Type.Integer({ minimum: 0 }),
    reservedAt: Timestamp,
    expiresAt: Timestamp,
  }),
})

export const spaceReleased = defineEvent({
  context,
  type: 'SpaceReleased',
  visibility: 'private',
  summary: 'The upload needs its reservation no more, or may not use it any more.',
  data: eventData({
    reservationId: ReservationId,
    ownerId: UserId,
    reason: Type.Union([Type.Literal('stored'), Type.Literal('given-up'), Type.Literal('expired')]),
    releasedAt: Timestamp,
  }),
})

export const storageEvents = [
  storageProvisioned,
  storageHidden,
  storageShown,
  storageReleased,
  projectFollowed,
  projectUsesChanged,
  projectHidden,
  projectShown,
  projectReleased,
  spaceReserved,
  spaceReleased,
] as const

/** All that an owner's storage decides. */
export type StorageEvent = EventOf<(typeof storageEvents)[number]> | AssetEvent
