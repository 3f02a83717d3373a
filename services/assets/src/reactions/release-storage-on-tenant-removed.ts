import type { TenantRemoved } from '@atrium/contracts/auth/events.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import type { Projections } from '@atrium/platform/projections/projections.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import { listStorages } from '../projections/library/query.ts'
import { storageCause } from '../storage-cause.ts'
import type { ReactionDeps } from './keep-storage-on-instance-changed.ts'

export interface Deps extends ReactionDeps {
  readonly database: Database
  readonly projections: Pick<Projections, 'waitFor'>
  readonly headPosition: () => Promise<number>
}

const pageMax = 100
const pagesMax = 10_000
const projectionWaitMs = 10_000

/**
 * All that the tenant's instances held goes, as if each had been purged. An attempt that runs out
 * of time leaves fewer for the next.
 */
export const releaseStorageOnTenantRemoved = defineReaction<TenantRemoved, Deps>({
  name: 'release-storage-on-tenant-removed',
  source: 'auth',
  on: 'TenantRemoved',
  timeoutMs: 60_000,
  attemptsMax: 20,
  async react(event, deps, signal) {
    const { storages, trees, database, projections, headPosition, graceMs } = deps
    const { tenantId, removedAt: at } = event.data
    const purgeAt = new Date(Date.now() + graceMs).toISOString()
    await projections.waitFor(await headPosition(), { timeoutMs: projectionWaitMs })
    let written: ConsistencyPoint = {}
    let afterId = ''
    for (let page = 0; page < pagesMax; page += 1) {
      signal.throwIfAborted()
      const query = { afterId, limit: pageMax }
      const found = await database.forTenant(tenantId, (client) => listStorages(client, query), {
        readOnly: true,
      })
      const released = await Promise.all(
        found.map(async ({ ownerId, instanceId }) => {
          const which = { ownerId, instanceId, at }
          const cause = { ...storageCause(event, instanceId), tenant: tenantId }
          // The files first: an instance whose storage is released is not found again.
          await trees.handle(instanceId, { ...which, type: 'ClearTree' }, partOf(cause, 'tree'))
          return storages.handle(ownerId, { ...which, type: 'ReleaseStorage', purgeAt }, cause)
        }),
      )
      written = released.map(pointOf).reduce(laterOf, written)
      const last = found.at(-1)
      if (found.length < pageMax || !last) return written
      afterId = last.instanceId
    }
    throw new Error(`a tenant with more than ${pageMax * pagesMax} instances`)
  },
})
