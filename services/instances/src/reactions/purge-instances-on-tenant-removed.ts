import type { TenantRemoved } from '@atrium/contracts/auth/events.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import type { Projections } from '@atrium/platform/projections/projections.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import type { Owners } from '../owner.ts'
import { listOfTenant } from '../projections/instance-list/query.ts'
import type { Tenants } from '../tenant.ts'

export interface Deps {
  readonly owners: Owners
  readonly tenants: Tenants
  readonly database: Pick<Database, 'forTenant'>
  readonly projections: Pick<Projections, 'waitFor'>
}

const pageMax = 100
const pagesMax = 10_000
const projectionWaitMs = 10_000

/**
 * Everything that the tenant has here goes, and with each instance what other contexts hold for it.
 * What somebody was still creating meanwhile, the purge timer finds. An attempt that runs out of
 * time leaves fewer for the next.
 */
export const purgeInstancesOnTenantRemoved = defineReaction<TenantRemoved, Deps>({
  name: 'purge-instances-on-tenant-removed',
  source: 'auth',
  on: 'TenantRemoved',
  timeoutMs: 60_000,
  attemptsMax: 20,
  async react(event, { owners, tenants, database, projections }, signal) {
    const { tenantId, removedAt: at } = event.data
    const close = { type: 'CloseTenant', tenantId, at } as const
    const closed = await tenants.handle(tenantId, close, causedBy(event, 'instances'))
    const { position = 0 } = closed
    await projections.waitFor(position, { timeoutMs: projectionWaitMs })
    let written: ConsistencyPoint = { position }
    let afterId = ''
    for (let page = 0; page < pagesMax; page += 1) {
      signal.throwIfAborted()
      const query = { afterId, limit: pageMax }
      const found = await database.forTenant(tenantId, (client) => listOfTenant(client, query), {
        readOnly: true,
      })
      for (const { ownerId, instanceId } of found) {
        const command = {
          type: 'PurgeInstance',
          ownerId,
          instanceId,
          at,
          isTenantClosed: true,
        } as const
        const purged = await owners.handle(
          ownerId,
          command,
          causedBy(event, 'instances', instanceId),
        )
        if (purged.position !== undefined) written = purged
      }
      const last = found.at(-1)
      if (found.length < pageMax || !last) return written
      afterId = last.instanceId
    }
    throw new Error(`a tenant with more than ${pageMax * pagesMax} instances`)
  },
})
