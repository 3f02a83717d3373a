import type { TenantRemoved } from '@atrium/contracts/auth/events.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import { listOpenSessions } from '../projections/session-list/query.ts'
import type { EndSessionsDeps } from '../sessions.ts'

const pageMax = 100
const pagesMax = 10_000
const projectionWaitMs = 10_000

/**
 * Every session of the tenant ends. An attempt that runs out of time leaves fewer for the next. A
 * session that begins after the removal gets no tokens: signing in looks at the tenant once more.
 */
export const endSessionsOnTenantRemoved = defineReaction<TenantRemoved, EndSessionsDeps>({
  name: 'end-sessions-on-tenant-removed',
  source: 'auth',
  on: 'TenantRemoved',
  timeoutMs: 60_000,
  attemptsMax: 20,
  async react(event, { sessions, database, projections }, signal) {
    const { tenant } = event.metadata
    const at = event.data.removedAt
    await projections.waitFor(event.position, { timeoutMs: projectionWaitMs })
    let written: ConsistencyPoint = {}
    let afterId = ''
    for (let page = 0; page < pagesMax; page += 1) {
      signal.throwIfAborted()
      const query = { position: event.position, afterId, limit: pageMax }
      const open = await database.forTenant(tenant, (client) => listOpenSessions(client, query), {
        readOnly: true,
      })
      const ended = await Promise.all(
        open.map(({ id, userId }) => {
          const command = { type: 'EndSession', userId, reason: 'tenant-removed', at } as const
          return sessions.handle(id, command, causedBy(event, 'auth', id))
        }),
      )
      written = ended.map(pointOf).reduce(laterOf, written)
      const last = open.at(-1)
      if (open.length < pageMax || !last) return written
      afterId = last.id
    }
    throw new Error(`a tenant with more than ${pageMax * pagesMax} open sessions`)
  },
})
