import { derivedCommandId } from '@atrium/platform/identifier.ts'
import type { Pool } from 'pg'
import { inParallel } from '../in-parallel.ts'
import { purgeProjects, type PurgingDeps } from '../project/purging.ts'
import { listDueProjects } from '../projections/project-list/query.ts'
import { createRounds, type RoundsOptions } from './rounds.ts'

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
  await inParallel([...tenants], 1, ([tenant, projects]) => {
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
  })
  return due.length
}

export const createProjectPurgeTimer = (
  options: Deps & Pick<RoundsOptions, 'intervalMs' | 'logger'>,
) =>
  createRounds({
    ...options,
    round: (at) => purgeDueProjects(options, at),
    did: 'purged projects whose retention has passed',
    didNot: 'due projects were not purged',
  })
