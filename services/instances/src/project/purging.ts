import type { Cause } from '@atrium/platform/decider/cause.ts'
import { pointOf } from '@atrium/platform/decider/point.ts'
import pMap from 'p-map'
import type { Projects, PurgeProject } from '../project.ts'
import type { ProjectVersions } from './versions.ts'

export interface PurgingDeps {
  readonly projects: Projects
  readonly versions: Pick<ProjectVersions, 'forget'>
}

export type Purge = Omit<PurgeProject, 'type'>

/** Purged at once: their appends go down together. */
const parallelMax = 32

/**
 * Purges projects of one tenant, each where its reason holds. What is derived of them goes first:
 * lost before its time it would be made again.
 */
export async function purgeProjects(
  { projects, versions }: PurgingDeps,
  tenant: string,
  purges: readonly Purge[],
  causeOf: (purge: Purge) => Cause,
) {
  const ids = purges.map(({ projectId }) => projectId)
  if (ids.length > 0) await versions.forget(tenant, ids)
  const purgeOne = async (purge: Purge) => {
    const command = { ...purge, type: 'PurgeProject' } as const
    return pointOf(await projects.handle(purge.projectId, command, causeOf(purge)))
  }
  return pMap(purges, purgeOne, { concurrency: parallelMax, stopOnError: false })
}
