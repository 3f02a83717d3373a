import { Type } from 'typebox'
import { defineEvent, eventData, personal } from '../event.ts'
import { AssetId, InstanceId, ProjectId, Timestamp, UserId } from '../schema.ts'
import { CloneId, PublicationId, Sha256, Slug } from './schema.ts'

// The gallery of a tenant. What is published under a slug is decided in its own stream,
// pdf.listing-<tenant>:<slug>, so no two planners have one slug; a copy on its way is
// pdf.clone-<tenant>:<cloneId>.

const context = 'pdf'
const publication = { publicationId: PublicationId, slug: Slug, ownerId: UserId }

/** A picture or font of a publication: its bytes are kept for it, whatever becomes of the asset. */
const KeptAsset = Type.Object(
  {
    assetId: AssetId,
    name: Type.String({ maxLength: 255 }),
    mediaType: Type.String({ maxLength: 128 }),
    sizeBytes: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
)

export const plannerPublished = defineEvent({
  context,
  type: 'PlannerPublished',
  visibility: 'private',
  summary: 'A planner, as it was then, is shown to everybody of the tenant.',
  data: eventData({
    ...publication,
    projectId: ProjectId,
    instanceId: InstanceId,
    title: personal(Type.String(), 'ownerId'),
    description: personal(Type.String(), 'ownerId'),
    author: personal(Type.String(), 'ownerId'),
    category: Type.String(),
    device: Type.String(),
    contentSha256: Sha256,
    pages: Type.Integer({ minimum: 0 }),
    assets: personal(Type.Array(KeptAsset, { maxItems: 200 }), 'ownerId'),
    publishedAt: Timestamp,
  }),
})

export const plannerUnpublished = defineEvent({
  context,
  type: 'PlannerUnpublished',
  visibility: 'private',
  summary: 'It is shown no longer, and its slug is free.',
  data: eventData({ ...publication, unpublishedAt: Timestamp }),
})

export const plannerCloned = defineEvent({
  context,
  type: 'PlannerCloned',
  visibility: 'private',
  summary: 'Somebody has a copy of it.',
  data: eventData({ ...publication, cloneId: CloneId, clonedAt: Timestamp }),
})

export const publicationErased = defineEvent({
  context,
  type: 'PublicationErased',
  visibility: 'private',
  summary: 'The bytes that were kept for an unpublished planner are gone.',
  data: eventData({ ...publication, erasedAt: Timestamp }),
})

const clone = { cloneId: CloneId, ownerId: UserId }

export const cloneRequested = defineEvent({
  context,
  type: 'CloneRequested',
  visibility: 'private',
  summary: 'A published planner is to be copied into an instance, with its assets.',
  data: eventData({
    ...clone,
    instanceId: InstanceId,
    publicationId: PublicationId,
    slug: Slug,
    requestedAt: Timestamp,
  }),
})

export const cloneAssetCopied = defineEvent({
  context,
  type: 'CloneAssetCopied',
  visibility: 'private',
  summary: 'One of its assets has a copy in the instance.',
  data: eventData({ ...clone, assetId: AssetId, copyId: AssetId, copiedAt: Timestamp }),
})

export const cloneCompleted = defineEvent({
  context,
  type: 'CloneCompleted',
  visibility: 'private',
  summary: 'The copy is a project of the instance.',
  data: eventData({ ...clone, projectId: ProjectId, completedAt: Timestamp }),
})

export const cloneFailed = defineEvent({
  context,
  type: 'CloneFailed',
  visibility: 'private',
  summary: 'There will be no copy.',
  data: eventData({
    ...clone,
    errorCode: Type.Enum(['quota-exceeded', 'instance-not-found', 'not-published', 'refused']),
    failedAt: Timestamp,
  }),
})

export const listingEvents = [
  plannerPublished,
  plannerUnpublished,
  plannerCloned,
  publicationErased,
] as const
export const cloneEvents = [cloneRequested, cloneAssetCopied, cloneCompleted, cloneFailed] as const
