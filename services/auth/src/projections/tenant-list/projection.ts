import { readFileSync } from 'node:fs'
import { defineProjection } from '@atrium/platform/projections/projection.ts'
import { defaultTenant, type TenantEvent } from '../../tenant.ts'

/** Every tenant, for the platform's administrators. */
export const tenantList = defineProjection<TenantEvent>({
  name: 'tenant-list',
  version: 2,
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
    TenantRemoved: {
      rows: ({ data }) => [{ tenant_id: defaultTenant, id: data.tenantId }],
      sql: `
        delete from tenant_list as t using rows
         where t.tenant_id = rows.tenant_id and t.id = rows.id`,
    },
  },
})
