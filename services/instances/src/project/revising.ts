import type { Content } from '@atrium/platform/content/content.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import { pointOf } from '@atrium/platform/decider/point.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { changedPointers } from '../json/changes.ts'
import { diff } from '../json/diff.ts'
import { isEqual } from '../json/value.ts'
import type { Owners } from '../owner.ts'
import { activeInstance } from '../owner/state.ts'
import { visibleProject, type ContentChange, type ReviseProject } from '../project.ts'
import { refusingStale, type ConflictDeps, type Which } from './conflicts.ts'
import { checkContent, type CheckedContent } from './content.ts'
import type { Written } from './creating.ts'
import { told, type Draft } from './document.ts'
import type { ActiveProject } from './state.ts'
import type { ProjectVersion } from './versions.ts'

export interface RevisingDeps extends ConflictDeps {
  readonly owners: Owners
  readonly content: Content
}

export interface Revision extends Which {
  /** What the change makes of a version. Throws Rejection. */
  readonly change: (version: ProjectVersion) => Draft
  /** What it was meant to make of it, where a conflict has to be told. Default: the same. */
  readonly meant?: (version: ProjectVersion) => Draft
  readonly restoredVersion?: number
}

/** Lost races of a change that names no version, before it gives up. */
const attemptsMax = 32

/** A patch up to this size lies in its event, a larger one in the content table. */
export const patchSizeBytesMax = 256 * 1024

/**
 * Changes name, description and content in one step; what changes nothing writes nothing. With an
 * expected version a change that was made meanwhile refuses this one, without one it is made anew
 * of the newest. Throws Rejection `not-found`, `version-conflict`, `project-archived`,
 * `validation-failed`, `body-too-large`.
 */
export async function reviseProject(
  deps: RevisingDeps,
  revision: Revision,
  cause: Cause,
): Promise<Written> {
  const { change, meant = change, expectedVersion } = revision
  const { state: owner } = await deps.owners.load(cause.tenant, revision.ownerId)
  activeInstance(revision, owner)
  const wanted = (version: ProjectVersion) => ({
    draft: meant(version),
    archived: version.project.archived,
  })
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      const work = () => reviseNewest(deps, revision, cause)
      return await refusingStale(deps, revision, cause, work, wanted)
    } catch (error) {
      const isOvertaken = error instanceof Rejection && error.code === 'version-conflict'
      if (!isOvertaken || expectedVersion !== undefined) throw error
    }
  }
  throw new StoreUnavailable(`a project changed under ${attemptsMax} attempts`, false)
}

async function reviseNewest(
  deps: RevisingDeps,
  revision: Revision,
  cause: Cause,
): Promise<Written> {
  const { projects, versions } = deps
  const { ownerId, instanceId, projectId, by, at, expectedVersion } = revision
  const { state } = await projects.load(cause.tenant, projectId)
  const project = visibleProject(revision, state)
  // A stale one is left to the command to refuse: a repeated one was not stale when it first ran.
  const isStale = expectedVersion !== undefined && expectedVersion !== project.version
  const revised = isStale ? undefined : await revise(deps, project, revision, cause.tenant)
  const which = { ownerId, instanceId, projectId, by, at, expectedVersion }
  const command = { ...which, ...revised?.fields, type: 'ReviseProject' } as const
  const handled = await projects.handle(projectId, command, cause)
  const after = visibleProject(revision, handled.state)
  const isOurs = handled.events.length > 0 && after.contentSha256 === revised?.checked?.sha256
  if (revised?.checked && isOurs) {
    await versions.note(cause.tenant, { project: after, content: revised.checked.content })
  }
  const content = await versions.contentOf(cause.tenant, after)
  return { project: after, content, written: pointOf(handled) }
}

interface Revised {
  readonly fields: Pick<ReviseProject, 'name' | 'description' | 'content'>
  readonly checked?: CheckedContent
}

/** What a command has to say so that the newest version becomes what is wanted. */
async function revise(
  deps: RevisingDeps,
  project: ActiveProject,
  { change, restoredVersion }: Revision,
  tenant: string,
): Promise<Revised> {
  const content = await deps.versions.contentOf(tenant, project)
  const draft = change({ project, content })
  const { name, description } = draft
  if (isEqual(content, draft.content)) return { fields: { name, description } }
  const checked = checkContent(project.kind, draft.content)
  const patch = diff(content, draft.content)
  const bytes = Buffer.from(JSON.stringify(patch))
  const isLarge = bytes.length > patchSizeBytesMax
  const pointers = changedPointers(content, draft.content).map((pointer) => `/content${pointer}`)
  const contentChange: ContentChange = {
    baseSha256: project.contentSha256,
    sha256: checked.sha256,
    sizeBytes: checked.bytes.length,
    assetIds: checked.assetIds,
    patch: isLarge ? { sha256: await deps.content.put(tenant, bytes) } : [...patch],
    patchSizeBytes: bytes.length,
    pointers: told(pointers),
    ...(restoredVersion === undefined ? {} : { restoredVersion }),
  }
  return { fields: { name, description, content: contentChange }, checked }
}
