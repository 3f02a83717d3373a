import { derivedCommandId } from '@atrium/platform/identifier.ts'
import { createRounds, type RoundsOptions } from '@atrium/platform/timers/rounds.ts'
import pMap from 'p-map'
import type { Pool } from 'pg'
import { releaseLeftPlaces, type PlacesDeps } from '../project/places.ts'
import { listLeftPlaces } from '../projections/project-place/query.ts'

export interface Deps extends PlacesDeps {
  readonly owner: Pool
}

/** Owners at once. */
const ownersMax = 8

/**
 * Releases the places that were left half way by a process that died: of projects that never came,
 * or that are deleted. Any replica may do it, at the same time as another. Resolves with how many.
 */
export async function releaseLeftPlacesOfAll(deps: Deps, at: string): Promise<number> {
  const left = await listLeftPlaces(deps.owner, { at })
  const owners = Map.groupBy(left, ({ tenant, ownerId }) => `${tenant} ${ownerId}`)
  const releaseOf = async (places: typeof left) => {
    const [{ tenant, ownerId } = { tenant: '', ownerId: '' }] = places
    const projectIds = places.map(({ projectId }) => projectId)
    const commandId = derivedCommandId('release-left-places', tenant, ownerId, at)
    const cause = { tenant, actor: { service: 'instances' }, correlationId: commandId, commandId }
    return releaseLeftPlaces(deps, { ownerId, projectIds, at }, cause)
  }
  const released = await pMap(owners.values(), releaseOf, {
    concurrency: ownersMax,
    stopOnError: false,
  })
  return released.reduce((sum, count) => sum + count, 0)
}

export const createPlacesTimer = (options: Deps & Pick<RoundsOptions, 'intervalMs' | 'logger'>) =>
  createRounds({
    ...options,
    name: 'release-left-places',
    async run(at) {
      const released = await releaseLeftPlacesOfAll(options, at)
      return released > 0 ? { released } : undefined
    },
  })
