import { Type } from 'typebox'
import { defineEvent, eventData, personal, type EventOf } from '../event.ts'
import { AssetId, InstanceId, Sha256, Timestamp, UserId } from '../schema.ts'

// What happens to an asset stands in the stream of its owner's storage, beside what decides it: the
// quota, the instance that it lies in, and the projects that use it. See storage-events.ts.

const context = 'assets'

/** Where an asset lives decides for how long: one of a project as long as some project uses it. */
export const AssetHome = Type.Union([
  Type.Literal('library'),
  Type.Literal('project'),
  Type.Literal('files'),
])

const which = { assetId: AssetId, instanceId: InstanceId, ownerId: UserId }

export const assetStored = defineEvent({
  context,
  type: 'AssetStored',
  visibility: 'public',
  summary: 'An instance has a new asset; its bytes can be read.',
  data: eventData({
    ...which,
    name: personal(Type.String(), 'ownerId'),
    mediaType: Type.String(),
    sizeBytes: Type.Integer({ minimum: 0 }),
    sha256: Sha256,
    width: Type.Optional(Type.Integer({ minimum: 1 })),
    height: Type.Optional(Type.Integer({ minimum: 1 })),
    home: AssetHome,
    storedAt: Timestamp,
  }),
})

export const assetDeleted = defineEvent({
  context,
  type: 'AssetDeleted',
  visibility: 'public',
  summary: 'The asset is hidden everywhere; its bytes are kept until purgeAt.',
  data: eventData({ ...which, deletedAt: Timestamp, purgeAt: Timestamp }),
})

export const assetRestored = defineEvent({
  context,
  type: 'AssetRestored',
  visibility: 'public',
  summary: 'The deleted asset is back, because a project names it again.',
  data: eventData({ ...which, restoredAt: Timestamp }),
})

export const assetPurged = defineEvent({
  context,
  type: 'AssetPurged',
  visibility: 'public',
  summary: 'The asset is gone for good.',
  data: eventData({ ...which, sha256: Sha256, purgedAt: Timestamp }),
})

export const assetLeftUnused = defineEvent({
  context,
  type: 'AssetLeftUnused',
  visibility: 'private',
  summary: 'No project uses the asset any more, and none other holds it: gone at purgeAt.',
  data: eventData({ ...which, leftAt: Timestamp, purgeAt: Timestamp }),
})

export const assetUsedAgain = defineEvent({
  context,
  type: 'AssetUsedAgain',
  visibility: 'private',
  summary: 'A project uses the asset that was left unused, which stays therefore.',
  data: eventData({ ...which, usedAt: Timestamp }),
})

export const assetLeftFiles = defineEvent({
  context,
  type: 'AssetLeftFiles',
  visibility: 'private',
  summary: 'No file has the asset any more, but a project names it: it is kept as a project’s.',
  data: eventData({ ...which, leftAt: Timestamp }),
})

export const assetEvents = [
  assetStored,
  assetDeleted,
  assetRestored,
  assetPurged,
  assetLeftUnused,
  assetUsedAgain,
  assetLeftFiles,
] as const

export type AssetEvent = EventOf<(typeof assetEvents)[number]>
