import { Type } from 'typebox'
import { defineEvent, eventData, type EventOf } from '../event.ts'
import {
  AssetId,
  InstanceId,
  ProjectId,
  ReservationId,
  Sha256,
  Timestamp,
  UserId,
} from '../schema.ts'

// One stream per resumable upload, assets.upload-<tenant>:<uploadId>: whether it may still become
// an asset is decided there. How far it has come is what the blob store keeps.

const context = 'assets'
const which = { uploadId: AssetId, ownerId: UserId }

export const uploadCreated = defineEvent({
  context,
  type: 'UploadCreated',
  visibility: 'private',
  summary: 'A file may be sent piece by piece until expiresAt, with room reserved for all of it.',
  data: eventData({
    ...which,
    instanceId: InstanceId,
    projectId: Type.Optional(ProjectId),
    reservationId: ReservationId,
    name: Type.String(),
    sizeBytes: Type.Integer({ minimum: 0 }),
    metadata: Type.Optional(
      Type.String({ description: 'Upload-Metadata as the client sent it: it is told again.' }),
    ),
    createdAt: Timestamp,
    expiresAt: Timestamp,
  }),
})

export const uploadReceived = defineEvent({
  context,
  type: 'UploadReceived',
  visibility: 'private',
  summary: 'All bytes are kept and were looked into: from now on it can only become an asset.',
  data: eventData({
    ...which,
    sha256: Sha256,
    mediaType: Type.String(),
    width: Type.Optional(Type.Integer()),
    height: Type.Optional(Type.Integer()),
    receivedAt: Timestamp,
  }),
})

export const uploadFinished = defineEvent({
  context,
  type: 'UploadFinished',
  visibility: 'private',
  summary: 'The asset of the same id is there.',
  data: eventData({ ...which, finishedAt: Timestamp }),
})

export const uploadRefused = defineEvent({
  context,
  type: 'UploadRefused',
  visibility: 'private',
  summary: 'What was sent is not taken, or there is no place for it any more.',
  data: eventData({
    ...which,
    code: Type.String({ description: 'Of the problem that was answered.' }),
    refusedAt: Timestamp,
  }),
})

export const uploadTerminated = defineEvent({
  context,
  type: 'UploadTerminated',
  visibility: 'private',
  summary: 'Its owner gave the upload up.',
  data: eventData({ ...which, terminatedAt: Timestamp }),
})

export const uploadExpired = defineEvent({
  context,
  type: 'UploadExpired',
  visibility: 'private',
  summary: 'It was not finished in time.',
  data: eventData({ ...which, expiredAt: Timestamp }),
})

export const uploadCleared = defineEvent({
  context,
  type: 'UploadCleared',
  visibility: 'private',
  summary: 'Nothing is left of an upload that ended without an asset: no bytes, no room reserved.',
  data: eventData({ ...which, clearedAt: Timestamp }),
})

export const uploadEvents = [
  uploadCreated,
  uploadReceived,
  uploadFinished,
  uploadRefused,
  uploadTerminated,
  uploadExpired,
  uploadCleared,
] as const

export type UploadEvent = EventOf<(typeof uploadEvents)[number]>
