import { readFileSync } from 'node:fs'
import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

type Event = Projected<StorageEvent>
type EventWith<Key extends string> = Extract<StorageEvent, { data: Record<Key, unknown> }>

const instance = ({ tenant, revision, data }: Projected<EventWith<'instanceId'>>) => ({
  tenant_id: tenant,
  id: data.instanceId,
  owner_id: data.ownerId,
  revision,
})
const project = ({ tenant, revision, data }: Projected<EventWith<'projectId'>>) => ({
  tenant_id: tenant,
  id: data.projectId,
  instance_id: data.instanceId,
  owner_id: data.ownerId,
  revision,
})
const asset = ({ tenant, revision, data }: Projected<EventWith<'assetId'>>) => ({
  tenant_id: tenant,
  id: data.assetId,
  revision,
})

/** `set` on the rows of one table, once per revision. */
const change = (table: string, set: string) => `
  update ${table} as t
     set ${set}, revision = rows.revision
    from rows
   where t.tenant_id = rows.tenant_id and t.id = rows.id and t.revision < rows.revision`

const forget = (table: string) => `
  delete from ${table} as t using rows where t.tenant_id = rows.tenant_id and t.id = rows.id`

const setInstance = (status: 'active' | 'deleted') => ({
  rows: (event: Projected<EventWith<'instanceId'>>) => [{ ...instance(event), status }],
  sql: change('instance_storage', 'status = rows.status'),
})
const setProject = (isHidden: boolean) => ({
  rows: (event: Projected<EventWith<'projectId'>>) => [{ ...project(event), is_hidden: isHidden }],
  sql: change('project_storage', 'is_hidden = rows.is_hidden'),
})
const keepAsset = {
  rows: (event: Projected<EventWith<'assetId'>>) => [asset(event)],
  sql: change('asset_list', `status = 'kept', purge_at = null`),
}
const letAssetGo = (status: 'unused' | 'deleted') => ({
  rows: (event: Projected<Extract<EventWith<'assetId'>, { data: { purgeAt: string } }>>) => [
    { ...asset(event), purge_at: event.data.purgeAt },
  ],
  sql: change('asset_list', `status = '${status}', purge_at = rows.purge_at`),
})

/**
 * What every owner stores, where, for which projects, and what uploads have reserved: one row for
 * each asset that is not purged.
 */
export const library = defineProjection<StorageEvent>({
  name: 'library',
  version: 2,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'library_row',
  key: (event) => keyOf(event.data as Event['data']),
  on: {
    AssetStored: {
      rows: (event) => [
        {
          ...asset(event),
          owner_id: event.data.ownerId,
          instance_id: event.data.instanceId,
          name: event.data.name,
          media_type: event.data.mediaType,
          size_bytes: event.data.sizeBytes,
          sha256: event.data.sha256,
          width: event.data.width,
          height: event.data.height,
          home: event.data.home,
          stored_at: event.data.storedAt,
        },
      ],
      sql: `
        insert into asset_list
        select tenant_id, id, owner_id, instance_id, name, media_type, size_bytes, sha256, width,
               height, home, 'kept', null, stored_at, revision
          from rows
            on conflict do nothing`,
    },
    AssetDeleted: letAssetGo('deleted'),
    AssetLeftUnused: letAssetGo('unused'),
    AssetRestored: keepAsset,
    AssetUsedAgain: keepAsset,
    AssetLeftFiles: {
      rows: (event) => [asset(event)],
      sql: change('asset_list', `home = 'project'`),
    },
    AssetPurged: { rows: (event) => [asset(event)], sql: forget('asset_list') },

    StorageProvisioned: {
      rows: (event) => [instance(event)],
      sql: `
        insert into instance_storage
        select tenant_id, id, owner_id, 'active', null, revision from rows
            on conflict do nothing`,
    },
    StorageHidden: setInstance('deleted'),
    StorageShown: setInstance('active'),
    // The row stays: what it held is found by it, and nothing late brings the instance to life.
    StorageReleased: {
      rows: (event) => [{ ...instance(event), purge_at: event.data.purgeAt }],
      sql: `
        insert into instance_storage as t
        select tenant_id, id, owner_id, 'purged', purge_at, revision from rows
            on conflict (tenant_id, id) do update
           set status = 'purged', purge_at = excluded.purge_at, revision = excluded.revision
         where t.revision < excluded.revision`,
    },

    ProjectFollowed: {
      rows: (event) => [project(event)],
      sql: `
        insert into project_storage
        select tenant_id, id, instance_id, owner_id, false, revision from rows
            on conflict do nothing`,
    },
    ProjectHidden: setProject(true),
    ProjectShown: setProject(false),
    ProjectUsesChanged: {
      rows: ({ tenant, data }) => {
        const { projectId, uploaded = [], named = [], dropped = [] } = data
        const row = (id: string, isDropped: boolean) => ({
          tenant_id: tenant,
          project_id: projectId,
          id,
          is_dropped: isDropped,
        })
        const used = [...new Set([...uploaded, ...named])]
        return [...used.map((id) => row(id, false)), ...dropped.map((id) => row(id, true))]
      },
      sql: `
        with gone as (
          delete from project_use as u using rows
           where u.tenant_id = rows.tenant_id and u.project_id = rows.project_id
             and u.asset_id = rows.id and rows.is_dropped
        )
        insert into project_use
        select tenant_id, project_id, id from rows where not is_dropped
            on conflict do nothing`,
    },
    ProjectReleased: {
      rows: (event) => [project(event)],
      sql: `
        with gone as (
          delete from project_use as u using rows
           where u.tenant_id = rows.tenant_id and u.project_id = rows.id
        )
        ${forget('project_storage')}`,
    },

    SpaceReserved: {
      rows: ({ tenant, revision, data }) => [
        {
          tenant_id: tenant,
          id: data.reservationId,
          owner_id: data.ownerId,
          expires_at: data.expiresAt,
          revision,
        },
      ],
      sql: `
        insert into space_reservation as t
        select tenant_id, id, owner_id, expires_at, revision from rows
            on conflict (tenant_id, id) do update
           set expires_at = excluded.expires_at, revision = excluded.revision
         where t.revision < excluded.revision`,
    },
    SpaceReleased: {
      rows: ({ tenant, data }) => [{ tenant_id: tenant, id: data.reservationId }],
      sql: forget('space_reservation'),
    },
  },
})

/**
 * Each event changes the rows of one thing: an asset, a project with its uses, a reservation or an
 * instance. Those of different things commute, so that a batch of many uploads is few statements.
 */
function keyOf(data: Event['data']): string {
  if ('assetId' in data) return data.assetId
  if ('projectId' in data) return data.projectId
  if ('reservationId' in data) return data.reservationId
  return data.instanceId
}
