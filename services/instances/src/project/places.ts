import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Pool } from 'pg'
import type { Owners } from '../owner.ts'
import { placeLeftAloneMs } from '../owner/project-places.ts'
import type { ProjectPlace } from '../owner/state.ts'
import type { Projects } from '../project.ts'
import { listLeftPlaces } from '../projections/project-place/query.ts'

/*
 * Places in the quota and the projects that have them. Two streams cannot be written at once, so a
 * place goes first and its project follows, and a project goes first and its place is released.
 * Whatever died between the two is mended by whoever meets it: the project's stream is closed to
 * the step that did not come, and only then is the place released.
 */

export interface PlacesDeps {
  readonly owners: Owners
  readonly projects: Projects
  /** Across tenants: for finding places that were left, which is nothing that routes may see. */
  readonly owner: Pick<Pool, 'query'>
  readonly projectsMax: number
}

export interface Wanted {
  readonly ownerId: string
  readonly instanceId: string
  readonly projectId: string
  readonly for: ProjectPlace['for']
  readonly at: string
}

/** Refused on a full quota, after those places were given up that nobody has any more. */
export async function takePlace(deps: PlacesDeps, wanted: Wanted, cause: Cause) {
  const { owners, projectsMax } = deps
  const { ownerId, at } = wanted
  const command = { ...wanted, type: 'TakeProjectPlace', projectsMax } as const
  try {
    return await owners.handle(ownerId, command, cause)
  } catch (error) {
    if (!isFull(error)) throw error
    const left = await listLeftPlaces(deps.owner, { tenant: cause.tenant, ownerId, at })
    const ids = left.map(({ projectId }) => projectId)
    const released = await releaseLeftPlaces(deps, { ownerId, projectIds: ids, at }, cause)
    if (released === 0) throw error
    return owners.handle(ownerId, command, partOf(cause, 'after-release'))
  }
}

const isFull = (error: unknown) => error instanceof Rejection && error.code === 'quota-exceeded'

/**
 * Releases those of the places whose projects do not need them: deleted and purged ones, and those
 * that never came. Resolves with how many. May run anywhere, at the same time as another.
 */
export async function releaseLeftPlaces(
  deps: PlacesDeps,
  request: { ownerId: string; projectIds: readonly string[]; at: string },
  cause: Cause,
): Promise<number> {
  const { owners } = deps
  const { ownerId, projectIds, at } = request
  const { state } = await owners.load(cause.tenant, ownerId)
  const places: ProjectPlace[] = []
  for (const projectId of projectIds) {
    const place = state.places.get(projectId)
    if (place && (await isLeft(deps.projects, { ownerId, place, at }, cause))) places.push(place)
  }
  if (places.length === 0) return 0
  const command = { type: 'ReleaseProjectPlaces', ownerId, places, at } as const
  const part = partOf(cause, `release-left-${places.map(({ turn }) => turn).join()}`)
  return (await owners.handle(ownerId, command, part)).events.length
}

/** After this, a step that was held up finds that it is too late. */
async function isLeft(
  projects: Projects,
  { ownerId, place, at }: { ownerId: string; place: ProjectPlace; at: string },
  cause: Cause,
): Promise<boolean> {
  const { projectId, instanceId } = place
  const which = { ownerId, instanceId, projectId, at }
  const isAlone = Date.parse(at) - Date.parse(place.takenAt) >= placeLeftAloneMs
  const { state, version } = await projects.load(cause.tenant, projectId)
  switch (state.status) {
    case 'active':
      return false
    case 'purged':
    case 'abandoned':
      return true
    case 'unknown': {
      if (!isAlone) return false
      const abandon = { ...which, type: 'AbandonProject' } as const
      const part = partOf(cause, `abandon-${projectId}`)
      return (await projects.handle(projectId, abandon, part)).state.status === 'abandoned'
    }
    case 'deleted': {
      // Taken for its creation, the place is just not released yet. Taken since it was deleted, it
      // may be somebody's who is restoring it.
      if (place.for === 'creation') return true
      if (!isAlone) return false
      const abandon = { ...which, type: 'AbandonRestoration' } as const
      const part = partOf(cause, `abandon-${projectId}-${version}`)
      return (await projects.handle(projectId, abandon, part)).state.status !== 'active'
    }
  }
}
