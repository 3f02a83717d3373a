import { Type } from 'typebox'
import { defineEvent, eventData, personal, withheld, type EventOf } from '../event.ts'
import { AssetId, InstanceId, ProjectId, Sha256, Timestamp, UserId, Version } from '../schema.ts'

// A project has a stream of its own, instances.project-<tenant>:<projectId>, and its version counts
// the events there. Its place in the quota is decided beside its owner's instances, in
// instances.owner-<tenant>:<ownerId>; what was refused as a conflict is told in
// instances.project_conflict-<tenant>:<projectId>.

const context = 'instances'

/** Whose it is: the owner of the instance, not whoever changed it. */
const project = { projectId: ProjectId, instanceId: InstanceId, ownerId: UserId }

export const ProjectKind = Type.Union([Type.Literal('planner'), Type.Literal('plain')])

export const projectPlaceTaken = defineEvent({
  context,
  type: 'ProjectPlaceTaken',
  visibility: 'private',
  summary: 'A project has a place in the quota: one that is about to be created, or restored.',
  data: eventData({
    ...project,
    for: Type.Union([Type.Literal('creation'), Type.Literal('restoration')]),
    takenAt: Timestamp,
  }),
})

export const projectPlaceReleased = defineEvent({
  context,
  type: 'ProjectPlaceReleased',
  visibility: 'private',
  summary: 'The project has no place in the quota any more: it is deleted, purged, or never was.',
  data: eventData({ ...project, releasedAt: Timestamp }),
})

export const projectCreated = defineEvent({
  context,
  type: 'ProjectCreated',
  visibility: 'public',
  summary: 'An instance has a new project. Its content lies in the content table.',
  data: eventData({
    ...project,
    kind: ProjectKind,
    name: personal(Type.String(), 'ownerId'),
    description: Type.Optional(personal(Type.String(), 'ownerId')),
    contentSha256: Sha256,
    contentSizeBytes: Type.Integer({ minimum: 0 }),
    assetIds: Type.Array(AssetId, { description: 'What the content names.' }),
    copiedFrom: Type.Optional(
      Type.Object({ projectId: ProjectId, version: Version }, { additionalProperties: false }),
    ),
    createdBy: UserId,
    createdAt: Timestamp,
  }),
})

export const projectAbandoned = defineEvent({
  context,
  type: 'ProjectAbandoned',
  visibility: 'private',
  summary: 'The project will never be: its creation was left half done, and its place is free.',
  data: eventData({ ...project, abandonedAt: Timestamp }),
})

const Patch = Type.Array(
  Type.Object({
    op: Type.Enum(['add', 'remove', 'replace', 'move']),
    path: Type.String(),
    from: Type.Optional(Type.String()),
    value: Type.Optional(Type.Unknown()),
  }),
  { description: 'RFC 6902, from the content before to the content after.' },
)

export const projectContentChanged = defineEvent({
  context,
  type: 'ProjectContentChanged',
  visibility: 'public',
  summary: 'The project has another content. Others learn which assets it names, not what it says.',
  data: eventData({
    ...project,
    contentSha256: Sha256,
    contentSizeBytes: Type.Integer({ minimum: 0 }),
    assetIdsAdded: Type.Array(AssetId),
    assetIdsRemoved: Type.Array(AssetId),
    restoredVersion: Type.Optional(Version),
    patch: withheld(personal(Patch, 'ownerId')),
    /** Instead of `patch`, where that is too large for an event: it lies in the content table. */
    patchSha256: withheld(Sha256),
    patchSizeBytes: Type.Integer({ minimum: 0 }),
    pointers: withheld(personal(Type.Array(Type.String()), 'ownerId')),
    changedBy: UserId,
    changedAt: Timestamp,
  }),
})

export const projectRenamed = defineEvent({
  context,
  type: 'ProjectRenamed',
  visibility: 'public',
  summary: 'The project has another name.',
  data: eventData({
    ...project,
    name: personal(Type.String(), 'ownerId'),
    renamedBy: UserId,
    renamedAt: Timestamp,
  }),
})

export const projectDescribed = defineEvent({
  context,
  type: 'ProjectDescribed',
  visibility: 'private',
  summary: 'The project has another description. Null takes it away.',
  data: eventData({
    ...project,
    description: personal(Type.Union([Type.String(), Type.Null()]), 'ownerId'),
    describedBy: UserId,
    describedAt: Timestamp,
  }),
})

export const projectArchived = defineEvent({
  context,
  type: 'ProjectArchived',
  visibility: 'public',
  summary: 'The project is put away: it can be read, and not be changed.',
  data: eventData({ ...project, archivedBy: UserId, archivedAt: Timestamp }),
})

export const projectUnarchived = defineEvent({
  context,
  type: 'ProjectUnarchived',
  visibility: 'public',
  summary: 'The archived project can be changed again.',
  data: eventData({ ...project, unarchivedBy: UserId, unarchivedAt: Timestamp }),
})

export const projectDeleted = defineEvent({
  context,
  type: 'ProjectDeleted',
  visibility: 'public',
  summary: 'The project is hidden everywhere; it can be restored until purgeAt.',
  data: eventData({ ...project, deletedBy: UserId, deletedAt: Timestamp, purgeAt: Timestamp }),
})

export const projectRestored = defineEvent({
  context,
  type: 'ProjectRestored',
  visibility: 'public',
  summary: 'The deleted project is back.',
  data: eventData({ ...project, restoredBy: UserId, restoredAt: Timestamp }),
})

export const projectRestorationAbandoned = defineEvent({
  context,
  type: 'ProjectRestorationAbandoned',
  visibility: 'private',
  summary: 'A restoration was left half done: the project stays deleted, and its place is free.',
  data: eventData({ ...project, abandonedAt: Timestamp }),
})

export const projectPurged = defineEvent({
  context,
  type: 'ProjectPurged',
  visibility: 'public',
  summary: 'The project is gone for good; every context releases what it held for it.',
  data: eventData({ ...project, purgedAt: Timestamp }),
})

const Pointers = Type.Array(Type.String())

export const projectChangeRefused = defineEvent({
  context,
  type: 'ProjectChangeRefused',
  visibility: 'private',
  summary: 'A change was based on an older version, and would have undone what came after it.',
  data: eventData({
    ...project,
    userId: UserId,
    by: Type.Union([Type.Literal('change'), Type.Literal('merge')]),
    /** What the caller took for the newest; no version of the project where it never was one. */
    baseVersion: Type.Integer({ minimum: 0 }),
    currentVersion: Version,
    yours: personal(Pointers, 'userId'),
    theirs: personal(Pointers, 'userId'),
    conflicts: personal(Pointers, 'userId'),
    refusedAt: Timestamp,
  }),
})

export const projectPlaceEvents = [projectPlaceTaken, projectPlaceReleased] as const

export const projectEvents = [
  projectCreated,
  projectAbandoned,
  projectContentChanged,
  projectRenamed,
  projectDescribed,
  projectArchived,
  projectUnarchived,
  projectDeleted,
  projectRestored,
  projectRestorationAbandoned,
  projectPurged,
] as const

export type ProjectPlaceEvent = EventOf<(typeof projectPlaceEvents)[number]>
export type ProjectEvent = EventOf<(typeof projectEvents)[number]>
export type ProjectConflictEvent = EventOf<typeof projectChangeRefused>
