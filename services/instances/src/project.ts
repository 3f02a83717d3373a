import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { nameFrom } from './name.ts'
import { evolve } from './project/evolve.ts'
import {
  isThere,
  type ActiveProject,
  type ExistingProject,
  type ProjectKind,
  type ProjectState,
} from './project/state.ts'

/*
 * One project, in a stream of its own. Its content is not here: an event says how the content
 * changed and what it is then, by its SHA-256; the versions are put together from that.
 */

export type ProjectCommand =
  | CreateProject
  | AbandonProject
  | ReviseProject
  | ArchiveProject
  | UnarchiveProject
  | DeleteProject
  | RestoreProject
  | AbandonRestoration
  | PurgeProject

/** Whose project it is, which instance it is in, and when. */
interface Command {
  readonly ownerId: string
  readonly instanceId: string
  readonly projectId: string
  readonly at: string
}

interface Change extends Command {
  /** The person who wants it. */
  readonly by: string
  readonly expectedVersion: number | undefined
}

/** Does nothing where the project was abandoned: its place was given up. */
export interface CreateProject extends Command {
  readonly type: 'CreateProject'
  readonly by: string
  readonly kind: ProjectKind
  readonly name: string
  readonly description?: string | null
  readonly contentSha256: string
  readonly contentSizeBytes: number
  readonly assetIds: readonly string[]
  readonly copiedFrom?: { readonly projectId: string; readonly version: number }
}

/** Closes the stream of a project that never came, so that it never will. */
export interface AbandonProject extends Command {
  readonly type: 'AbandonProject'
}

/** Renames, describes and changes the content in one step: all or nothing. */
export interface ReviseProject extends Change {
  readonly type: 'ReviseProject'
  readonly name?: string
  readonly description?: string | null
  readonly content?: ContentChange
}

/** How a content becomes another one. It holds for the content that it was computed from alone. */
export interface ContentChange {
  readonly baseSha256: string
  readonly sha256: string
  readonly sizeBytes: number
  /** What the new content names. */
  readonly assetIds: readonly string[]
  /** The patch itself, or its name in the content table where it is too large for an event. */
  readonly patch: ProjectPatch | { readonly sha256: string }
  readonly patchSizeBytes: number
  readonly pointers: readonly string[]
  readonly restoredVersion?: number
}

type ProjectPatch = NonNullable<
  Extract<ProjectEvent, { type: 'ProjectContentChanged' }>['data']['patch']
>

export interface ArchiveProject extends Change {
  readonly type: 'ArchiveProject'
}

export interface UnarchiveProject extends Change {
  readonly type: 'UnarchiveProject'
}

export interface DeleteProject extends Change {
  readonly type: 'DeleteProject'
  readonly purgeAt: string
  /** For good, at once, also when it is deleted already. */
  readonly purge: boolean
}

/** Its place was taken for this version, so it must still be this one. */
export interface RestoreProject extends Change {
  readonly type: 'RestoreProject'
  readonly expectedVersion: number
}

/** Whoever restores it and was held up finds another version, and takes a place anew. */
export interface AbandonRestoration extends Command {
  readonly type: 'AbandonRestoration'
}

/** Does nothing where the project was restored in the meantime, or is purged already. */
export interface PurgeProject extends Command {
  readonly type: 'PurgeProject'
  /** Its own retention has passed, or nothing of its instance is left. */
  readonly because: 'retention-passed' | 'instance-purged'
}

export type Projects = Aggregate<ProjectState, ProjectCommand, ProjectEvent>

export const project: Decider<ProjectState, ProjectCommand, ProjectEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve,
}

function decide(command: ProjectCommand, state: ProjectState): readonly ProjectEvent[] {
  switch (command.type) {
    case 'CreateProject':
      return create(command, state)
    case 'AbandonProject':
      return state.status === 'unknown'
        ? [{ type: 'ProjectAbandoned', data: { ...subject(command), abandonedAt: command.at } }]
        : []
    case 'ReviseProject':
      return revise(command, state)
    case 'ArchiveProject':
      return archive(command, state)
    case 'UnarchiveProject':
      return unarchive(command, state)
    case 'DeleteProject':
      return remove(command, state)
    case 'RestoreProject':
      return restore(command, state)
    case 'AbandonRestoration':
      return abandonRestoration(command, state)
    case 'PurgeProject':
      return purge(command, state)
  }
}

function create(command: CreateProject, state: ProjectState): readonly ProjectEvent[] {
  const { kind, description, contentSha256, contentSizeBytes, copiedFrom, by, at } = command
  const name = nameFrom(command.name)
  if (state.status !== 'unknown') return []
  return [
    {
      type: 'ProjectCreated',
      data: {
        ...subject(command),
        kind,
        name,
        ...(description ? { description } : {}),
        contentSha256,
        contentSizeBytes,
        assetIds: [...command.assetIds],
        ...(copiedFrom ? { copiedFrom } : {}),
        createdBy: by,
        createdAt: at,
      },
    },
  ]
}

function revise(command: ReviseProject, state: ProjectState): readonly ProjectEvent[] {
  const { content, by, at } = command
  const current = changeableProject(command, state)
  const events: ProjectEvent[] = []
  const name = command.name === undefined ? current.name : nameFrom(command.name)
  if (name !== current.name) {
    events.push({
      type: 'ProjectRenamed',
      data: { ...subject(command), name, renamedBy: by, renamedAt: at },
    })
  }
  const description = command.description === '' ? null : command.description
  if (description !== undefined && description !== current.description) {
    events.push({
      type: 'ProjectDescribed',
      data: { ...subject(command), description, describedBy: by, describedAt: at },
    })
  }
  if (content && content.sha256 !== current.contentSha256) {
    events.push(contentChanged(command, content, current))
  }
  return events
}

function contentChanged(
  command: ReviseProject,
  content: ContentChange,
  current: ActiveProject,
): ProjectEvent {
  if (content.baseSha256 !== current.contentSha256) throw versionConflict(current)
  const [before, after] = [new Set(current.assetIds), new Set(content.assetIds)]
  return {
    type: 'ProjectContentChanged',
    data: {
      ...subject(command),
      contentSha256: content.sha256,
      contentSizeBytes: content.sizeBytes,
      assetIdsAdded: [...after].filter((id) => !before.has(id)),
      assetIdsRemoved: [...before].filter((id) => !after.has(id)),
      ...(content.restoredVersion === undefined
        ? {}
        : { restoredVersion: content.restoredVersion }),
      ...('sha256' in content.patch
        ? { patchSha256: content.patch.sha256 }
        : { patch: content.patch }),
      patchSizeBytes: content.patchSizeBytes,
      pointers: [...content.pointers],
      changedBy: command.by,
      changedAt: command.at,
    },
  }
}

function archive(command: ArchiveProject, state: ProjectState): readonly ProjectEvent[] {
  const current = visibleProject(command, state)
  demandVersion(command.expectedVersion, current)
  if (current.archived) return []
  const { by, at } = command
  return [
    { type: 'ProjectArchived', data: { ...subject(command), archivedBy: by, archivedAt: at } },
  ]
}

function unarchive(command: UnarchiveProject, state: ProjectState): readonly ProjectEvent[] {
  const current = visibleProject(command, state)
  demandVersion(command.expectedVersion, current)
  if (!current.archived) return []
  const { by, at } = command
  return [
    {
      type: 'ProjectUnarchived',
      data: { ...subject(command), unarchivedBy: by, unarchivedAt: at },
    },
  ]
}

function remove(command: DeleteProject, state: ProjectState): readonly ProjectEvent[] {
  const { by, at, purge: forGood } = command
  const current = existingProject(command, state)
  if (current.status === 'deleted' && !forGood) throw new Rejection('not-found')
  demandVersion(command.expectedVersion, current)
  const purged: ProjectEvent[] = forGood
    ? [{ type: 'ProjectPurged', data: { ...subject(command), purgedAt: at } }]
    : []
  if (current.status === 'deleted') return purged
  const purgeAt = forGood ? at : command.purgeAt
  return [
    {
      type: 'ProjectDeleted',
      data: { ...subject(command), deletedBy: by, deletedAt: at, purgeAt },
    },
    ...purged,
  ]
}

function restore(command: RestoreProject, state: ProjectState): readonly ProjectEvent[] {
  const current = existingProject(command, state)
  if (current.status === 'active') throw new Rejection('project-not-deleted')
  demandVersion(command.expectedVersion, current)
  const { by, at } = command
  return [
    { type: 'ProjectRestored', data: { ...subject(command), restoredBy: by, restoredAt: at } },
  ]
}

function abandonRestoration(command: AbandonRestoration, state: ProjectState): ProjectEvent[] {
  if (state.status !== 'deleted') return []
  const data = { ...subject(command), abandonedAt: command.at }
  return [{ type: 'ProjectRestorationAbandoned', data }]
}

function purge(command: PurgeProject, state: ProjectState): readonly ProjectEvent[] {
  const { because, at } = command
  if (!isThere(state)) return []
  const isDue = state.status === 'deleted' && Date.parse(state.purgeAt) <= Date.parse(at)
  if (because === 'retention-passed' && !isDue) return []
  return [{ type: 'ProjectPurged', data: { ...subject(command), purgedAt: at } }]
}

const subject = ({ projectId, instanceId, ownerId }: Command) => ({
  projectId,
  instanceId,
  ownerId,
})

/** As the caller's own project of that instance: any other is none. */
export function existingProject(
  { ownerId, instanceId }: Pick<Command, 'ownerId' | 'instanceId'>,
  state: ProjectState,
): ExistingProject {
  if (!isThere(state) || state.ownerId !== ownerId || state.instanceId !== instanceId) {
    throw new Rejection('not-found')
  }
  return state
}

export function visibleProject(
  command: Pick<Command, 'ownerId' | 'instanceId'>,
  state: ProjectState,
): ActiveProject {
  const current = existingProject(command, state)
  if (current.status !== 'active') throw new Rejection('not-found')
  return current
}

function changeableProject(command: Change, state: ProjectState): ActiveProject {
  const current = visibleProject(command, state)
  demandVersion(command.expectedVersion, current)
  if (current.archived) throw new Rejection('project-archived')
  return current
}

function demandVersion(expected: number | undefined, current: ExistingProject) {
  if (expected !== undefined && expected !== current.version) throw versionConflict(current)
}

/** Without what changed, which only the contents tell. */
const versionConflict = ({ version, updatedBy, updatedAt }: ExistingProject) =>
  new Rejection('version-conflict', {
    currentVersion: version,
    changedBy: updatedBy,
    changedAt: updatedAt,
  })
