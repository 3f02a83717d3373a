import type { TenantRemoved } from '@atrium/contracts/auth/events.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import { tenantSourceId } from '../source.ts'
import { followSource, type Deps } from './follow-source.ts'

/** Everything of the tenant goes: what is left after the first jobs goes by the timer. */
export const removeAllOnTenantRemoved = defineReaction<TenantRemoved, Deps>({
  name: 'remove-all-on-tenant-removed',
  source: 'auth',
  on: 'TenantRemoved',
  timeoutMs: 60_000,
  attemptsMax: 8,
  react: (event, deps) =>
    followSource(
      event,
      {
        type: 'RemoveSource',
        sourceId: tenantSourceId,
        kind: 'tenant',
        at: event.recordedAt,
      },
      deps,
    ),
})
