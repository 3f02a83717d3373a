import { Type } from 'typebox'
import { defineEvent, eventData, personal, type EventOf } from '../event.ts'
import { AssetId, FileEntryId, InstanceId, Sha256, Timestamp, UserId } from '../schema.ts'

// One stream per instance, assets.tree-<tenant>:<instanceId>, holds its folders and files: a name
// is taken once in its folder, and a folder is never moved into itself, only where all are decided
// together. What a file holds is an asset, whose bytes and place in the quota its owner's storage
// decides.

const context = 'assets'
const which = { entryId: FileEntryId, instanceId: InstanceId, ownerId: UserId }

/** Without a parent it stands at the top. */
const place = {
  parentId: Type.Optional(FileEntryId),
  name: personal(Type.String({ minLength: 1 }), 'ownerId'),
}

export const FileAccess = Type.Union([Type.Literal('read'), Type.Literal('write')])

export const folderCreated = defineEvent({
  context,
  type: 'FolderCreated',
  visibility: 'private',
  summary: 'There is a new folder; detached, nobody sees it until it is moved to its place.',
  data: eventData({
    ...which,
    ...place,
    isDetached: Type.Optional(Type.Literal(true)),
    createdAt: Timestamp,
  }),
})

export const fileWritten = defineEvent({
  context,
  type: 'FileWritten',
  visibility: 'private',
  summary: 'There is a new file, or one has another content, and the asset before is let go.',
  data: eventData({
    ...which,
    ...place,
    assetId: AssetId,
    mediaType: Type.String(),
    sizeBytes: Type.Integer({ minimum: 0 }),
    sha256: Sha256,
    writtenBy: UserId,
    writtenAt: Timestamp,
  }),
})

export const entryMoved = defineEvent({
  context,
  type: 'EntryMoved',
  visibility: 'private',
  summary: 'A file, or a folder with all below it, has another place or name.',
  data: eventData({ ...which, ...place, movedAt: Timestamp }),
})

export const entryDeleted = defineEvent({
  context,
  type: 'EntryDeleted',
  visibility: 'private',
  summary: 'A file, or a folder with all below it, is gone, and its assets are let go.',
  data: eventData({ ...which, deletedAt: Timestamp }),
})

export const entryDescribed = defineEvent({
  context,
  type: 'EntryDescribed',
  visibility: 'private',
  summary: 'What is noted of a file or folder, all of it, or whether everybody may read it.',
  data: eventData({
    ...which,
    metadata: Type.Optional(personal(Type.Record(Type.String(), Type.String()), 'ownerId')),
    isPublic: Type.Optional(Type.Boolean()),
    describedAt: Timestamp,
  }),
})

export const entryShared = defineEvent({
  context,
  type: 'EntryShared',
  visibility: 'private',
  summary: 'A user may read, or write as well, what is there and below.',
  data: eventData({
    ...which,
    userId: UserId,
    access: FileAccess,
    expiresAt: Type.Optional(Timestamp),
    sharedAt: Timestamp,
  }),
})

export const entryUnshared = defineEvent({
  context,
  type: 'EntryUnshared',
  visibility: 'private',
  summary: 'A user has no share of it any more.',
  data: eventData({ ...which, userId: UserId, unsharedAt: Timestamp }),
})

export const fileAssetsReleased = defineEvent({
  context,
  type: 'FileAssetsReleased',
  visibility: 'private',
  summary: 'The storage was told that these assets are in no file any more.',
  data: eventData({
    instanceId: InstanceId,
    ownerId: UserId,
    assetIds: Type.Array(AssetId),
    releasedAt: Timestamp,
  }),
})

export const treeCleared = defineEvent({
  context,
  type: 'TreeCleared',
  visibility: 'private',
  summary: 'The instance is gone for good, and its files with it.',
  data: eventData({ instanceId: InstanceId, ownerId: UserId, clearedAt: Timestamp }),
})

export const fileEvents = [
  folderCreated,
  fileWritten,
  entryMoved,
  entryDeleted,
  entryDescribed,
  entryShared,
  entryUnshared,
  fileAssetsReleased,
  treeCleared,
] as const

export type FileEvent = EventOf<(typeof fileEvents)[number]>
