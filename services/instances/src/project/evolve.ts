import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { isThere, type ActiveProject, type ProjectState, type SnapshotPlan } from './state.ts'

type EventNamed<Type extends ProjectEvent['type']> = Extract<ProjectEvent, { type: Type }>

/** The project after one more fact. */
export function evolve(state: ProjectState, event: ProjectEvent): ProjectState {
  switch (event.type) {
    case 'ProjectCreated':
      return created(event)
    case 'ProjectAbandoned':
      return { status: 'abandoned' }
    case 'ProjectContentChanged':
      return contentChanged(state, event)
    case 'ProjectRenamed': {
      const { name, renamedBy, renamedAt } = event.data
      return changed(state, renamedBy, renamedAt, { name })
    }
    case 'ProjectDescribed': {
      const { description, describedBy, describedAt } = event.data
      return changed(state, describedBy, describedAt, { description })
    }
    case 'ProjectArchived':
      return changed(state, event.data.archivedBy, event.data.archivedAt, { archived: true })
    case 'ProjectUnarchived': {
      const { unarchivedBy, unarchivedAt } = event.data
      return changed(state, unarchivedBy, unarchivedAt, { archived: false })
    }
    case 'ProjectDeleted': {
      const { deletedBy, deletedAt, purgeAt } = event.data
      const project = changed(state, deletedBy, deletedAt, {})
      return isThere(project) ? { ...project, status: 'deleted', deletedAt, purgeAt } : project
    }
    case 'ProjectRestored':
      return restored(changed(state, event.data.restoredBy, event.data.restoredAt, {}))
    case 'ProjectRestorationAbandoned':
      return isThere(state) ? { ...state, version: state.version + 1 } : state
    case 'ProjectPurged':
      return { status: 'purged' }
  }
}

function created({ data }: EventNamed<'ProjectCreated'>): ProjectState {
  return {
    status: 'active',
    id: data.projectId,
    instanceId: data.instanceId,
    ownerId: data.ownerId,
    kind: data.kind,
    name: data.name,
    description: data.description ?? null,
    archived: false,
    contentSha256: data.contentSha256,
    contentSizeBytes: data.contentSizeBytes,
    assetIds: data.assetIds,
    version: 1,
    createdBy: data.createdBy,
    createdAt: data.createdAt,
    updatedBy: data.createdBy,
    updatedAt: data.createdAt,
    snapshot: { version: 1, patches: 0, patchesSizeBytes: 0 },
  }
}

function contentChanged(
  state: ProjectState,
  { data }: EventNamed<'ProjectContentChanged'>,
): ProjectState {
  if (!isThere(state)) return state
  const removed = new Set(data.assetIdsRemoved)
  const kept = state.assetIds.filter((id) => !removed.has(id))
  const { contentSha256, contentSizeBytes, patchSizeBytes } = data
  const after = { version: state.version + 1, contentSizeBytes, patchSizeBytes }
  return changed(state, data.changedBy, data.changedAt, {
    contentSha256,
    contentSizeBytes,
    assetIds: [...kept, ...data.assetIdsAdded].toSorted(),
    snapshot: planned(state.snapshot, after),
  })
}

/** Patches between two snapshots: what a read applies, at most. */
const patchesMax = 200

/** Patches of less than this in all are no reason for a snapshot, however small the content. */
const patchesSizeBytesMin = 64 * 1024

/** A snapshot is due after so many patches, or when they outweigh the content. */
function planned(
  { version, patches, patchesSizeBytes }: SnapshotPlan,
  after: { version: number; contentSizeBytes: number; patchSizeBytes: number },
): SnapshotPlan {
  const sizeBytes = patchesSizeBytes + after.patchSizeBytes
  const isDue =
    patches + 1 >= patchesMax || sizeBytes >= Math.max(after.contentSizeBytes, patchesSizeBytesMin)
  return isDue
    ? { version: after.version, patches: 0, patchesSizeBytes: 0 }
    : { version, patches: patches + 1, patchesSizeBytes: sizeBytes }
}

/** One version on, with some of its members replaced. */
function changed(
  state: ProjectState,
  updatedBy: string,
  updatedAt: string,
  members: Partial<ActiveProject>,
): ProjectState {
  if (!isThere(state)) return state
  const { status: _, ...rest } = members
  return { ...state, ...rest, version: state.version + 1, updatedBy, updatedAt }
}

function restored(state: ProjectState): ProjectState {
  if (state.status !== 'deleted') return state
  const { deletedAt: _, purgeAt: __, ...kept } = state
  return { ...kept, status: 'active' }
}
