import { derivedCommandId } from '@atrium/platform/identifier.ts'
import { createRounds, type RoundsOptions } from '@atrium/platform/timers/rounds.ts'
import type { Pool } from 'pg'
import type { Owners } from '../owner.ts'
import { listDue, listInClosedTenants } from '../projections/instance-list/query.ts'

export interface Deps {
  readonly owners: Owners
  /** Across tenants: the timer's role, not the routes'. */
  readonly owner: Pool
}

/** Instances purged in one round; what is left over waits for the next. */
const roundMax = 200

/**
 * Purges what is due, and what is left in tenants that were removed. Any replica may do it, at the
 * same time as another: the command does nothing where the instance is purged or restored already.
 * Resolves with how many there were. One that fails keeps no other from its turn; then an
 * AggregateError tells all.
 */
export async function purgeDueInstances({ owners, owner }: Deps, at: string): Promise<number> {
  const due = [
    ...(await listDue(owner, { at, limit: roundMax })).map(asOf(false)),
    ...(await listInClosedTenants(owner, { limit: roundMax })).map(asOf(true)),
  ]
  const faults: unknown[] = []
  for (const { tenant, ownerId, instanceId, isTenantClosed } of due) {
    const commandId = derivedCommandId('purge-due-instances', tenant, instanceId, at)
    const command = { type: 'PurgeInstance', ownerId, instanceId, at, isTenantClosed } as const
    const cause = { tenant, actor: { service: 'instances' }, correlationId: commandId, commandId }
    await owners.handle(ownerId, command, cause).catch((fault: unknown) => faults.push(fault))
  }
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} were not purged`)
  return due.length
}

const asOf =
  (isTenantClosed: boolean) =>
  <Found extends object>(found: Found) => ({ ...found, isTenantClosed })

export const createPurgeTimer = (options: Deps & Pick<RoundsOptions, 'intervalMs' | 'logger'>) =>
  createRounds({
    ...options,
    name: 'purge-due-instances',
    async run(at) {
      const purged = await purgeDueInstances(options, at)
      return purged > 0 ? { purged } : undefined
    },
  })
