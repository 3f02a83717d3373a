import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { activeInstance } from '../owner/state.ts'
import { existingProject } from '../project.ts'
import { refusingStale, type ConflictDeps, type Which } from './conflicts.ts'
import type { Written } from './creating.ts'
import { takePlace, type PlacesDeps } from './places.ts'

export interface DeletingDeps extends PlacesDeps, ConflictDeps {}

/**
 * Hides the project, or purges it at once, and then releases its place. Throws Rejection
 * `not-found`, `version-conflict`.
 */
export async function deleteProject(
  deps: DeletingDeps,
  which: Which,
  deletion: { readonly purge: boolean; readonly purgeAt: string },
  cause: Cause,
): Promise<ConsistencyPoint> {
  const { owners, projects, versions } = deps
  const { ownerId, projectId, at } = which
  const { state: owner } = await owners.load(cause.tenant, ownerId)
  activeInstance(which, owner)
  // As it was before: one that somebody takes to restore the project is theirs.
  const place = owner.places.get(projectId)
  if (deletion.purge) await versions.forget(cause.tenant, [projectId])
  const deleted = await refusingStale(deps, which, cause, () =>
    projects.handle(projectId, { ...which, ...deletion, type: 'DeleteProject' }, cause),
  )
  if (!place) return pointOf(deleted)
  const release = { type: 'ReleaseProjectPlaces', ownerId, places: [place], at } as const
  const released = await owners.handle(ownerId, release, partOf(cause, 'release'))
  return laterOf(pointOf(deleted), pointOf(released))
}

/** Lost races before giving up. */
const attemptsMax = 5

/**
 * Takes a place, then shows the project again. Throws Rejection `quota-exceeded`, `not-found`,
 * `project-not-deleted`, `version-conflict`.
 */
export async function restoreProject(
  deps: DeletingDeps,
  which: Which,
  cause: Cause,
): Promise<Written> {
  const { versions } = deps
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      const restored = await refusingStale(deps, which, cause, () =>
        restoreOnce(deps, which, cause),
      )
      const { state, written } = restored
      if (state.status !== 'active') throw new Rejection('not-found') // a repeat, deleted since
      return { project: state, content: await versions.contentOf(cause.tenant, state), written }
    } catch (error) {
      const isOvertaken = error instanceof Rejection && error.code === 'version-conflict'
      if (!isOvertaken || which.expectedVersion !== undefined) throw error
    }
  }
  throw new StoreUnavailable(`a project changed under ${attemptsMax} attempts`, false)
}

async function restoreOnce(deps: DeletingDeps, which: Which, cause: Cause) {
  const { state } = await deps.projects.load(cause.tenant, which.projectId)
  const { status, version } = existingProject(which, state)
  const seen = { ...which, expectedVersion: which.expectedVersion ?? version }
  // One that cannot be restored takes no place first. A repeated command finds what it did before.
  const isRefused = status === 'active' || seen.expectedVersion !== version
  return isRefused ? restore(deps, seen, cause) : restoreIntoPlace(deps, seen, cause)
}

interface Restoration extends Which {
  readonly expectedVersion: number
}

async function restore({ projects }: DeletingDeps, seen: Restoration, cause: Cause) {
  const command = { ...seen, type: 'RestoreProject' } as const
  const handled = await projects.handle(seen.projectId, command, partOf(cause, 'restore'))
  return { state: handled.state, written: pointOf(handled) }
}

/** The place is given back where the project is not restored. */
async function restoreIntoPlace(deps: DeletingDeps, seen: Restoration, cause: Cause) {
  const { ownerId, instanceId, projectId, expectedVersion, at } = seen
  const wanted = { ownerId, instanceId, projectId, for: 'restoration', at } as const
  const taken = await takePlace(deps, wanted, partOf(cause, `place-${expectedVersion}`))
  const giveBack = async () => {
    const place = taken.state.places.get(projectId)
    // Of a repeated request it may be another one's by now: it is left to whoever finds it left.
    if (!place || cause.mayRepeat) return
    const release = { type: 'ReleaseProjectPlaces', ownerId, places: [place], at } as const
    await deps.owners.handle(ownerId, release, partOf(cause, `give-back-${expectedVersion}`))
  }
  try {
    const restored = await restore(deps, seen, cause)
    if (restored.state.status !== 'active') await giveBack()
    return { ...restored, written: laterOf(pointOf(taken), restored.written) }
  } catch (error) {
    // After a lost answer it may be restored: only a refusal proves that it is not. Somebody else
    // who was quicker to restore it has the place now.
    if (!(error instanceof Rejection)) throw error
    if (error.code !== 'project-not-deleted') await giveBack()
    throw error
  }
}
