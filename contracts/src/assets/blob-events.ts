import { Type } from 'typebox'
import { defineEvent, eventData, type EventOf } from '../event.ts'
import { AssetId, ReservationId, Sha256, Timestamp, UserId } from '../schema.ts'

// One stream per tenant and content, assets.blob-<tenant>:<sha256>. All of it stays inside: where
// bytes lie, and who shares them, is nobody's business.

const context = 'assets'

const BlobKey = Type.String({ description: 'Where the blob store has the bytes.' })
const holder = {
  sha256: Sha256,
  assetId: AssetId,
  ownerId: UserId,
  /** Without the asset or this reservation in the owner's storage, the hold is a leftover. */
  reservationId: ReservationId,
}

export const blobStored = defineEvent({
  context,
  type: 'BlobStored',
  visibility: 'private',
  summary: 'The bytes lie in the blob store, and an asset holds them.',
  data: eventData({
    ...holder,
    key: BlobKey,
    sizeBytes: Type.Integer({ minimum: 0 }),
    storedAt: Timestamp,
  }),
})

export const blobHeld = defineEvent({
  context,
  type: 'BlobHeld',
  visibility: 'private',
  summary: 'One more asset holds bytes that are there already.',
  data: eventData({ ...holder, heldAt: Timestamp }),
})

export const blobReleased = defineEvent({
  context,
  type: 'BlobReleased',
  visibility: 'private',
  summary: 'An asset holds the bytes no more.',
  data: eventData({ sha256: Sha256, assetId: AssetId, releasedAt: Timestamp }),
})

export const variantStored = defineEvent({
  context,
  type: 'VariantStored',
  version: 2,
  visibility: 'private',
  summary: 'A picture made from this one is kept beside it.',
  data: eventData({
    sha256: Sha256,
    variant: Type.String(),
    key: BlobKey,
    tag: Type.String({ description: 'No other bytes have it: their SHA-256, or once their key.' }),
    mediaType: Type.String(),
    sizeBytes: Type.Integer({ minimum: 0 }),
    storedAt: Timestamp,
  }),
  upcasters: [(data) => ({ ...data, tag: String(data['key']).replaceAll('/', '-') })],
})

export const variantDropped = defineEvent({
  context,
  type: 'VariantDropped',
  visibility: 'private',
  summary: 'A picture made from this one is kept no more; its bytes are about to be removed.',
  data: eventData({
    sha256: Sha256,
    variant: Type.String(),
    key: BlobKey,
    reason: Type.Union([Type.Literal('old'), Type.Literal('room'), Type.Literal('lost')], {
      description: 'Too old, to make room for others, or gone from the blob store already.',
    }),
    droppedAt: Timestamp,
  }),
})

export const blobCondemned = defineEvent({
  context,
  type: 'BlobCondemned',
  visibility: 'private',
  summary: 'Nobody may read or hold these bytes any more; they are about to be removed.',
  data: eventData({
    sha256: Sha256,
    keys: Type.Array(BlobKey),
    reason: Type.Union([Type.Literal('unheld'), Type.Literal('lost')]),
    condemnedAt: Timestamp,
  }),
})

export const blobRemoved = defineEvent({
  context,
  type: 'BlobRemoved',
  visibility: 'private',
  summary: 'Bytes that were condemned, or dropped, are gone from the blob store.',
  data: eventData({ sha256: Sha256, keys: Type.Array(BlobKey), removedAt: Timestamp }),
})

export const blobEvents = [
  blobStored,
  blobHeld,
  blobReleased,
  variantStored,
  variantDropped,
  blobCondemned,
  blobRemoved,
] as const

export type BlobEvent = EventOf<(typeof blobEvents)[number]>
