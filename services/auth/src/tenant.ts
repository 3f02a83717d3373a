import type { tenantCreated, tenantRemoved } from '@atrium/contracts/auth/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/* The isolation boundary. Platform administrators create tenants; `default` is always there. */

export type TenantState =
  | { readonly status: 'unknown' }
  | { readonly status: 'existing'; readonly name: string; readonly createdAt: string }
  | { readonly status: 'removed' }

export interface CreateTenant {
  readonly type: 'CreateTenant'
  readonly tenantId: string
  readonly name: string
  readonly at: string
}

export interface RemoveTenant {
  readonly type: 'RemoveTenant'
  readonly tenantId: string
  readonly at: string
}

export type TenantCommand = CreateTenant | RemoveTenant

export type TenantEvent = EventOf<typeof tenantCreated | typeof tenantRemoved>

/** Where single-tenant installations live, and the administrators of the platform. */
export const defaultTenant = 'default'

export const tenant: Decider<TenantState, TenantCommand, TenantEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve,
}

function decide(command: TenantCommand, state: TenantState): readonly TenantEvent[] {
  switch (command.type) {
    case 'CreateTenant': {
      // The id of a removed one is not given out again: what it held may still be on its way out.
      if (state.status !== 'unknown') throw new Rejection('tenant-taken')
      const { tenantId, name, at } = command
      return [{ type: 'TenantCreated', data: { tenantId, name, createdAt: at } }]
    }
    case 'RemoveTenant': {
      const { tenantId, at } = command
      if (tenantId === defaultTenant) throw new Rejection('tenant-not-removable')
      if (state.status !== 'existing') throw new Rejection('not-found')
      return [{ type: 'TenantRemoved', data: { tenantId, removedAt: at } }]
    }
  }
}

function evolve(_state: TenantState, event: TenantEvent): TenantState {
  switch (event.type) {
    case 'TenantCreated': {
      const { name, createdAt } = event.data
      return { status: 'existing', name, createdAt }
    }
    case 'TenantRemoved':
      return { status: 'removed' }
  }
}
