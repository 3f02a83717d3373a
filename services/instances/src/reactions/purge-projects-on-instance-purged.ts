import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import type { Pool } from 'pg'
import type { Owners } from '../owner.ts'
import { purgeProjects, type Purge, type PurgingDeps } from '../project/purging.ts'
import { listProjectsOfInstance } from '../projections/project-list/query.ts'

type InstancePurged = Extract<InstanceEvent, { type: 'InstancePurged' }>

export interface Deps extends PurgingDeps {
  readonly owners: Owners
  readonly owner: Pool
  readonly projections: {
    waitFor(position: number, options: { timeoutMs: number }): Promise<unknown>
  }
}

const projectionWaitMs = 10_000

/** Places given up by one command: the events of more would not fit into one append. */
const placesMax = 500

/**
 * Purges every project of the instance, and gives its places up. Those that are written are in the
 * read model, those that are about to be have a place: no more can come, because places are only
 * taken in an active instance. An attempt that dies is gone on with by the next one.
 */
export const purgeProjectsOnInstancePurged = defineReaction<InstancePurged, Deps>({
  name: 'purge-projects-on-instance-purged',
  source: 'instances',
  on: 'InstancePurged',
  timeoutMs: 120_000,
  attemptsMax: 8,
  async react(event, deps) {
    const { owners, projects, projections, owner } = deps
    const { instanceId, ownerId, purgedAt: at } = event.data
    const { tenant } = event.metadata
    const causeOf = (word: string) => causedBy(event, 'instances', word)
    await projections.waitFor(event.position, { timeoutMs: projectionWaitMs })
    const ids = new Set(await listProjectsOfInstance(owner, { tenant, instanceId }))
    const { state } = await owners.load(tenant, ownerId)
    const places = [...state.places.values()].filter((place) => place.instanceId === instanceId)
    for (const { projectId } of places) {
      if (ids.has(projectId)) continue
      const abandon = { type: 'AbandonProject', ownerId, instanceId, projectId, at } as const
      await projects.handle(projectId, abandon, causeOf(`abandon ${projectId}`))
      ids.add(projectId)
    }

    const because = 'instance-purged' as const
    const purges = [...ids].map((projectId) => ({ ownerId, instanceId, projectId, at, because }))
    const causeOfPurge = ({ projectId }: Purge) => causeOf(`purge ${projectId}`)
    const written = [...(await purgeProjects(deps, tenant, purges, causeOfPurge))]
    for (let first = 0; first < places.length; first += placesMax) {
      const some = places.slice(first, first + placesMax)
      const release = { type: 'ReleaseProjectPlaces', ownerId, places: some, at } as const
      // What is left of an earlier attempt is another command.
      const cause = causeOf(`release ${some.map(({ turn }) => turn).join()}`)
      written.push(pointOf(await owners.handle(ownerId, release, cause)))
    }
    return written.reduce(laterOf, {})
  },
})
