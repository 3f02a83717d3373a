import { readFileSync } from 'node:fs'
import type { DeviceEvent } from '@atrium/contracts/pdf/events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const target = ({ tenant, revision, data }: Projected<DeviceEvent>) => ({
  tenant_id: tenant,
  id: data.deviceId,
  revision,
})

/** The devices that people of a tenant have described. */
export const deviceList = defineProjection<DeviceEvent>({
  name: 'device-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'device_list',
  on: {
    DeviceAdded: {
      rows: (event) => [
        {
          ...target(event),
          owner_id: event.data.ownerId,
          profile: event.data.profile,
          version: 1,
        },
      ],
      sql: 'insert into device_list select * from rows on conflict do nothing',
    },
    DeviceRevised: {
      rows: (event) => [{ ...target(event), profile: event.data.profile }],
      sql: `
        update device_list as d
           set profile = rows.profile, version = d.version + 1, revision = rows.revision
          from rows
         where d.tenant_id = rows.tenant_id and d.id = rows.id and d.revision < rows.revision`,
    },
    DeviceRemoved: {
      rows: (event) => [target(event)],
      sql: `
        delete from device_list as d using rows
         where d.tenant_id = rows.tenant_id and d.id = rows.id`,
    },
  },
})
