import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { changedPointers } from '../json/changes.ts'
import { merge } from '../json/merge.ts'
import type { ProjectConflicts } from '../project-conflict.ts'
import { existingProject, type Projects } from '../project.ts'
import { comparable, draftOf, told, type Draft } from './document.ts'
import type { ProjectVersion, ProjectVersions } from './versions.ts'

/*
 * A change that is based on an older version than the newest is refused, and told what it would
 * have changed, what was changed since, and where both meet. The refusal is recorded.
 */

export interface ConflictDeps {
  readonly projects: Projects
  readonly conflicts: ProjectConflicts
  readonly versions: ProjectVersions
}

/** A project of a caller's own, and the version that they think it has. */
export interface Which {
  readonly ownerId: string
  readonly instanceId: string
  readonly projectId: string
  readonly by: string
  readonly at: string
  readonly expectedVersion: number | undefined
}

/** What the change would have made of a version: it may be archived by it, too. */
export type Change = (version: ProjectVersion) => { draft: Draft; archived: boolean }

const unchanged: Change = (version) => ({
  draft: draftOf(version),
  archived: version.project.archived,
})

/** Runs a command of a project; where it meets another version, that is told and recorded. */
export async function refusingStale<Result>(
  deps: ConflictDeps,
  which: Which,
  cause: Cause,
  work: () => Promise<Result>,
  change: Change = unchanged,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const isStale = error instanceof Rejection && error.code === 'version-conflict'
    const { expectedVersion } = which
    if (!isStale || expectedVersion === undefined) throw error
    return refuseStale(deps, { ...which, expectedVersion }, change, cause)
  }
}

async function refuseStale(
  deps: ConflictDeps,
  which: Which & { readonly expectedVersion: number },
  change: Change,
  cause: Cause,
): Promise<never> {
  const { projects, versions } = deps
  const { projectId, expectedVersion } = which
  const { state } = await projects.load(cause.tenant, projectId)
  const project = existingProject(which, state)
  const current = { project, content: await versions.contentOf(cause.tenant, project) }
  const isOlder = expectedVersion >= 1 && expectedVersion < project.version
  const base = isOlder ? await versions.at(cause.tenant, projectId, expectedVersion) : undefined
  const places = base ? compare(base, current, change) : placesWithoutBase(current, change)
  return refuse(deps, which, { code: 'version-conflict', current, places }, cause)
}

/** Where two changes of one version differ from it, and where they meet. */
export interface Places {
  readonly yours: readonly string[]
  readonly theirs: readonly string[]
  readonly conflicts: readonly string[]
}

function compare(base: ProjectVersion, current: ProjectVersion, change: Change): Places {
  const { draft, archived } = change(base)
  const before = comparable(draftOf(base), base.project.archived)
  const yours = comparable(draft, archived)
  const theirs = comparable(draftOf(current), current.project.archived)
  return {
    yours: changedPointers(before, yours),
    theirs: changedPointers(before, theirs),
    conflicts: merge(before, theirs, yours).conflicts,
  }
}

/** A version that never was has nothing in common with the newest one. */
function placesWithoutBase(current: ProjectVersion, change: Change): Places {
  const { draft, archived } = change(current)
  const theirs = comparable(draftOf(current), current.project.archived)
  return {
    yours: changedPointers(theirs, comparable(draft, archived)),
    theirs: [],
    conflicts: [],
  }
}

/** Records the refusal and throws it. */
export async function refuse(
  { conflicts }: Pick<ConflictDeps, 'conflicts'>,
  which: Which & { readonly expectedVersion: number },
  refusal: {
    readonly code: 'version-conflict' | 'merge-conflict'
    readonly current: ProjectVersion
    readonly places: Places
  },
  cause: Cause,
): Promise<never> {
  const { ownerId, instanceId, projectId, by, at, expectedVersion } = which
  const { code, current } = refusal
  const { version, updatedBy, updatedAt } = current.project
  const places = {
    yours: [...told(refusal.places.yours)],
    theirs: [...told(refusal.places.theirs)],
    conflicts: [...told(refusal.places.conflicts)],
  }
  const change = {
    projectId,
    instanceId,
    ownerId,
    userId: by,
    by: code === 'merge-conflict' ? ('merge' as const) : ('change' as const),
    baseVersion: expectedVersion,
    currentVersion: version,
    ...places,
    refusedAt: at,
  }
  await conflicts.handle(projectId, { type: 'RefuseChange', change }, partOf(cause, 'refuse'))
  throw new Rejection(code, {
    currentVersion: version,
    changedBy: updatedBy,
    changedAt: updatedAt,
    ...places,
  })
}
