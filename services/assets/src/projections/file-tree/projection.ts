import { readFileSync } from 'node:fs'
import type { FileEvent } from '@atrium/contracts/assets/file-events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

type EntryEvent = Extract<FileEvent, { data: { readonly entryId: string } }>

const entry = ({ tenant, revision, data }: Projected<EntryEvent>) => ({
  tenant_id: tenant,
  id: data.entryId,
  instance_id: data.instanceId,
  owner_id: data.ownerId,
  revision,
})

/** What no path leads to has a parent of its own. */
const top = 'top'
const copies = 'copies'

/** `set` on the entries of `rows`, once per revision, counted in the version. */
const change = (set: string) => `
  update file_entry as e
     set ${set}, version = e.version + 1, updated_at = rows.at, revision = rows.revision
    from rows
   where e.tenant_id = rows.tenant_id and e.id = rows.id and e.revision < rows.revision`

/** Deletes the entries that `start` selects and all below; their assets are let go. */
const removeBelow = (start: string) => `
  with recursive gone as (
    select e.tenant_id, e.instance_id, e.id, rows.at from file_entry e, rows where ${start}
    union all
    select c.tenant_id, c.instance_id, c.id, gone.at
      from file_entry c, gone
     where c.tenant_id = gone.tenant_id and c.instance_id = gone.instance_id
       and c.parent_id = gone.id
  ), let_go as (
    insert into file_release
    select e.tenant_id, e.asset_id, e.instance_id, e.owner_id, gone.at
      from file_entry e, gone
     where e.tenant_id = gone.tenant_id and e.id = gone.id and e.asset_id is not null
        on conflict do nothing
  ), unshared as (
    delete from file_share s using gone
     where s.tenant_id = gone.tenant_id and s.entry_id = gone.id
  )
  delete from file_entry e using gone where e.tenant_id = gone.tenant_id and e.id = gone.id`

/**
 * The folders and files of every instance, where a path and a folder's list are looked up: a folder
 * that moves takes all below along by its own row. Beside them the shares, and the assets that the
 * storage has still to be told of.
 */
export const fileTree = defineProjection<FileEvent>({
  name: 'file-tree',
  version: 2,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'file_row',
  on: {
    FolderCreated: {
      rows: (event) => [
        {
          ...entry(event),
          parent_id: event.data.isDetached ? copies : (event.data.parentId ?? top),
          name: event.data.name,
          at: event.data.createdAt,
        },
      ],
      sql: `
        insert into file_entry
        select tenant_id, id, instance_id, owner_id, parent_id, name, null, null, null, null,
               false, '{}', 1, at, at, revision
          from rows
            on conflict do nothing`,
    },
    FileWritten: {
      rows: (event) => [
        {
          ...entry(event),
          parent_id: event.data.parentId ?? top,
          name: event.data.name,
          asset_id: event.data.assetId,
          media_type: event.data.mediaType,
          size_bytes: event.data.sizeBytes,
          sha256: event.data.sha256,
          at: event.data.writtenAt,
        },
      ],
      sql: `
        with let_go as (
          insert into file_release
          select e.tenant_id, e.asset_id, e.instance_id, e.owner_id, rows.at
            from file_entry e, rows
           where e.tenant_id = rows.tenant_id and e.id = rows.id and e.revision < rows.revision
              on conflict do nothing
        )
        insert into file_entry as e
        select tenant_id, id, instance_id, owner_id, parent_id, name, asset_id, media_type,
               size_bytes, sha256, false, '{}', 1, at, at, revision
          from rows
            on conflict (tenant_id, id) do update
           set asset_id = excluded.asset_id, media_type = excluded.media_type,
               size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
               version = e.version + 1, updated_at = excluded.updated_at,
               revision = excluded.revision
         where e.revision < excluded.revision`,
    },
    EntryMoved: {
      rows: (event) => [
        {
          ...entry(event),
          parent_id: event.data.parentId ?? top,
          name: event.data.name,
          at: event.data.movedAt,
        },
      ],
      sql: change('parent_id = rows.parent_id, name = rows.name'),
    },
    EntryDeleted: {
      rows: (event) => [{ ...entry(event), at: event.data.deletedAt }],
      sql: removeBelow('e.tenant_id = rows.tenant_id and e.id = rows.id'),
    },
    EntryDescribed: {
      rows: (event) => [
        {
          ...entry(event),
          metadata: event.data.metadata,
          is_public: event.data.isPublic,
          at: event.data.describedAt,
        },
      ],
      sql: change(`
        metadata = coalesce(rows.metadata, e.metadata),
        is_public = coalesce(rows.is_public, e.is_public)`),
    },
    EntryShared: {
      rows: (event) => [
        {
          ...entry(event),
          user_id: event.data.userId,
          access: event.data.access,
          expires_at: event.data.expiresAt,
          at: event.data.sharedAt,
        },
      ],
      sql: `
        with shared as (
          insert into file_share as s
          select tenant_id, id, instance_id, user_id, access, expires_at, at from rows
              on conflict (tenant_id, entry_id, user_id) do update
             set access = excluded.access, expires_at = excluded.expires_at,
                 shared_at = excluded.shared_at
        )
        ${change('is_public = e.is_public')}`,
    },
    EntryUnshared: {
      rows: (event) => [{ ...entry(event), user_id: event.data.userId, at: event.data.unsharedAt }],
      sql: `
        with unshared as (
          delete from file_share s using rows
           where s.tenant_id = rows.tenant_id and s.entry_id = rows.id
             and s.user_id = rows.user_id
        )
        ${change('is_public = e.is_public')}`,
    },
    FileAssetsReleased: {
      rows: ({ tenant, data }) =>
        data.assetIds.map((assetId) => ({ tenant_id: tenant, asset_id: assetId })),
      sql: `
        delete from file_release r using rows
         where r.tenant_id = rows.tenant_id and r.asset_id = rows.asset_id`,
    },
    // The storage forgets the instance and all that it held by itself: there is nothing to tell it.
    TreeCleared: {
      rows: ({ tenant, data }) => [{ tenant_id: tenant, instance_id: data.instanceId }],
      sql: `
        with unshared as (
          delete from file_share s using rows
           where s.tenant_id = rows.tenant_id and s.instance_id = rows.instance_id
        ), let_go as (
          delete from file_release r using rows
           where r.tenant_id = rows.tenant_id and r.instance_id = rows.instance_id
        )
        delete from file_entry e using rows
         where e.tenant_id = rows.tenant_id and e.instance_id = rows.instance_id`,
    },
  },
})
