import { readFileSync } from 'node:fs'
import { defineProjection } from '@atrium/platform/projections/projection.ts'
import type { TenantEvent } from '../../tenant.ts'

/** The tenants that were removed, for the timer that purges what they have left. */
export const closedTenantList = defineProjection<TenantEvent>({
  name: 'closed-tenant-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'closed_tenant_list',
  on: {
    TenantClosed: {
      rows: ({ tenant, data }) => [{ tenant_id: tenant, closed_at: data.closedAt }],
      sql: 'insert into closed_tenant_list select * from rows on conflict do nothing',
    },
  },
})
