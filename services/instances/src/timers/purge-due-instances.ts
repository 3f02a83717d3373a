import { derivedCommandId } from '@atrium/platform/identifier.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
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

/** Looks every `intervalMs` from `start` on, one round at a time; `close` waits for the round. */
export function createPurgeTimer(
  options: Deps & { readonly intervalMs: number; readonly logger: Logger },
) {
  const { intervalMs, logger } = options
  let timer: NodeJS.Timeout | undefined
  let round = Promise.resolve()
  let closed = false

  async function purge() {
    try {
      const due = await purgeDueInstances(options, new Date().toISOString())
      if (due > 0) logger.info({ due }, 'purged instances whose retention has passed')
    } catch (error) {
      logger.warn({ err: error }, 'due instances were not purged; the next round tries again')
    }
  }
  const schedule = () => {
    timer = setTimeout(() => {
      round = purge().then(() => {
        if (!closed) schedule()
      })
    }, intervalMs)
  }

  return {
    start: schedule,
    async close() {
      closed = true
      clearTimeout(timer)
      await round
    },
  }
}
