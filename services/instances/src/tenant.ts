import type { tenantClosed } from '@atrium/contracts/instances/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'

/* That auth has removed the tenant, as this context knows it. */

export type TenantState = { readonly status: 'open' } | { readonly status: 'closed' }

export interface CloseTenant {
  readonly type: 'CloseTenant'
  readonly tenantId: string
  readonly at: string
}

export type TenantEvent = EventOf<typeof tenantClosed>

export type Tenants = Aggregate<TenantState, CloseTenant, TenantEvent>

export const tenant: Decider<TenantState, CloseTenant, TenantEvent> = {
  initialState: { status: 'open' },
  decide: ({ tenantId, at }, { status }) =>
    status === 'closed' ? [] : [{ type: 'TenantClosed', data: { tenantId, closedAt: at } }],
  evolve: () => ({ status: 'closed' }),
}
