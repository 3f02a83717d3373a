import { readFileSync } from 'node:fs'
import { defineProjection } from '@atrium/platform/projections/projection.ts'
import { defaultTenant, type TenantEvent } from '../../tenant.ts'

/** Every tenant, for the platform's administrators. */
export const tenantList = defineProjection<TenantEvent>({
  name: 'tenant-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'tenant_list',
  on: {
    TenantCreated: {
      rows: ({ data }) => [
        {
          tenant_id: defaultTenant,
          id: data.tenantId,
          name: data.name,
          created_at: data.createdAt,
        },
      ],
      sql: 'insert into tenant_list select * from rows on conflict do nothing',
    },
  },
})
