import { derivedCommandId } from '@atrium/platform/identifier.ts'
import type { Pool } from 'pg'
import { inParallel } from '../in-parallel.ts'
import { releaseLeftPlaces, type PlacesDeps } from '../project/places.ts'
import { listLeftPlaces } from '../projections/project-place/query.ts'
import { createRounds, type RoundsOptions } from './rounds.ts'

export interface Deps extends PlacesDeps {
  readonly owner: Pool
}

/** Owners at once. */
const parallelMax = 8

/**
 * Releases the places that were left half way by a process that died: of projects that never came,
 * or that are deleted. Any replica may do it, at the same time as another. Resolves with how many.
 */
export async function releaseLeftPlacesOfAll(deps: Deps, at: string): Promise<number> {
  const left = await listLeftPlaces(deps.owner, { at })
  const owners = Map.groupBy(left, ({ tenant, ownerId }) => `${tenant} ${ownerId}`)
  const released = await inParallel([...owners.values()], parallelMax, async (places) => {
    const [{ tenant, ownerId } = { tenant: '', ownerId: '' }] = places
    const projectIds = places.map(({ projectId }) => projectId)
    const commandId = derivedCommandId('release-left-places', tenant, ownerId, at)
    const cause = { tenant, actor: { service: 'instances' }, correlationId: commandId, commandId }
    return releaseLeftPlaces(deps, { ownerId, projectIds, at }, cause)
  })
  return released.reduce((sum, count) => sum + count, 0)
}

export const createPlacesTimer = (options: Deps & Pick<RoundsOptions, 'intervalMs' | 'logger'>) =>
  createRounds({
    ...options,
    round: (at) => releaseLeftPlacesOfAll(options, at),
    did: 'released places of projects that were left half way',
    didNot: 'places left half way were not released',
  })
