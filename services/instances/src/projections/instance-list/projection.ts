import { readFileSync } from 'node:fs'
import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

/** The instance's key and the revision that makes a second application harmless. */
const target = ({ tenant, revision, data }: Projected<InstanceEvent>) => ({
  tenant_id: tenant,
  id: data.instanceId,
  revision,
})

/** `set` on the instances of `rows`, once per revision, counted in the version. */
const change = (set: string) => `
  update instance_list as i
     set ${set}, version = i.version + 1, revision = rows.revision
    from rows
   where i.tenant_id = rows.tenant_id and i.id = rows.id and i.revision < rows.revision`

/**
 * Every instance that is not purged, one row each, in the order that its owner wants to see them.
 */
export const instanceList = defineProjection<InstanceEvent>({
  name: 'instance-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'instance_list',
  on: {
    InstanceCreated: {
      rows: (event) => [
        {
          ...target(event),
          owner_id: event.data.ownerId,
          name: event.data.name,
          description: event.data.description,
          status: 'active',
          is_default: false,
          version: 1,
          created_at: event.data.createdAt,
          last_accessed_at: event.data.createdAt,
        },
      ],
      sql: 'insert into instance_list select * from rows on conflict do nothing',
    },
    InstanceRenamed: {
      rows: (event) => [{ ...target(event), name: event.data.name }],
      sql: change('name = rows.name'),
    },
    InstanceDescribed: {
      rows: (event) => [{ ...target(event), description: event.data.description }],
      sql: change('description = rows.description'),
    },
    DefaultInstanceChanged: {
      rows: (event) => [
        { ...target(event), is_default: true },
        ...(event.data.previousInstanceId === undefined
          ? []
          : [{ ...target(event), id: event.data.previousInstanceId, is_default: false }]),
      ],
      sql: change('is_default = rows.is_default'),
    },
    InstanceAccessed: {
      rows: (event) => [{ ...target(event), last_accessed_at: event.data.accessedAt }],
      sql: `
        update instance_list as i
           set last_accessed_at = rows.last_accessed_at, revision = rows.revision
          from rows
         where i.tenant_id = rows.tenant_id and i.id = rows.id and i.revision < rows.revision`,
    },
    InstanceDeleted: {
      rows: (event) => [
        { ...target(event), deleted_at: event.data.deletedAt, purge_at: event.data.purgeAt },
      ],
      sql: change(`status = 'deleted', deleted_at = rows.deleted_at, purge_at = rows.purge_at`),
    },
    InstanceRestored: {
      rows: (event) => [target(event)],
      sql: change(`status = 'active', deleted_at = null, purge_at = null`),
    },
    InstancePurged: {
      rows: (event) => [target(event)],
      sql: `
        delete from instance_list as i using rows
         where i.tenant_id = rows.tenant_id and i.id = rows.id`,
    },
  },
})
