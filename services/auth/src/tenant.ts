import type { tenantCreated } from '@atrium/contracts/auth/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/* The isolation boundary. Platform administrators create tenants; `default` is always there. */

export type TenantState =
  | { readonly status: 'unknown' }
  | { readonly status: 'existing'; readonly name: string; readonly createdAt: string }

export interface CreateTenant {
  readonly type: 'CreateTenant'
  readonly tenantId: string
  readonly name: string
  readonly at: string
}

export type TenantCommand = CreateTenant

export type TenantEvent = EventOf<typeof tenantCreated>

/** Where single-tenant installations live, and the administrators of the platform. */
export const defaultTenant = 'default'

export const tenant: Decider<TenantState, TenantCommand, TenantEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve,
}

function decide(command: TenantCommand, state: TenantState): readonly TenantEvent[] {
  if (state.status === 'existing') throw new Rejection('tenant-taken')
  const { tenantId, name, at } = command
  return [{ type: 'TenantCreated', data: { tenantId, name, createdAt: at } }]
}

function evolve(_state: TenantState, { data }: TenantEvent): TenantState {
  return { status: 'existing', name: data.name, createdAt: data.createdAt }
}
