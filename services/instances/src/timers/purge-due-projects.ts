import { derivedCommandId } from '@atrium/platform/identifier.ts'
import { createRounds, type RoundsOptions } from '@atrium/platform/timers/rounds.ts'
import pMap from 'p-map'
import type { Pool } from 'pg'
import { purgeProjects, type PurgingDeps } from '../project/purging.ts'
import { listDueProjects } from '../projections/project-list/query.ts'

export interface Deps extends PurgingDeps {
  /** Across tenants: the timer's role, not the routes'. */
  readonly owner: Pool
}

/** Projects purged in one round; what is left over waits for the next. */
const roundMax = 1_000

/**
 * Purges what is due. Any replica may do it, at the same time as another: the command does nothing
 * where the project is purged or restored already. Resolves with how many were due. One that fails
 * keeps no other from its turn; then an AggregateError tells all.
 */
export async function purgeDueProjects(deps: Deps, at: string): Promise<number> {
  const due = await listDueProjects(deps.owner, { at, limit: roundMax })
  const tenants = Map.groupBy(due, ({ tenant }) => tenant)
  const oneByOne = { concurrency: 1, stopOnError: false }
  const purgeOf = ([tenant, projects]: readonly [string, typeof due]) => {
    const because = 'retention-passed' as const
    const purges = projects.map(({ ownerId, instanceId, projectId }) => ({
      ownerId,
      instanceId,
      projectId,
      at,
      because,
    }))
    return purgeProjects(deps, tenant, purges, ({ projectId }) => {
      const commandId = derivedCommandId('purge-due-projects', tenant, projectId, at)
      return { tenant, actor: { service: 'instances' }, correlationId: commandId, commandId }
    })
  }
  await pMap(tenants, purgeOf, oneByOne)
  return due.length
}

export const createProjectPurgeTimer = (
  options: Deps & Pick<RoundsOptions, 'intervalMs' | 'logger'>,
) =>
  createRounds({
    ...options,
    name: 'purge-due-projects',
    async run(at) {
      const purged = await purgeDueProjects(options, at)
      return purged > 0 ? { purged } : undefined
    },
  })
