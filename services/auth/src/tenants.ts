import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { defaultTenant, type TenantCommand, type TenantEvent, type TenantState } from './tenant.ts'

export type Tenants = Aggregate<TenantState, TenantCommand, TenantEvent>

export interface TenantDeps {
  readonly tenants: Tenants
}

/** Refused as not-found for a tenant that does not exist, or not any more. */
export async function requireTenant({ tenants }: TenantDeps, tenant: string): Promise<void> {
  if (tenant === defaultTenant) return
  const { state } = await tenants.load(tenant, tenant)
  if (state.status !== 'existing') throw new Rejection('not-found')
}
