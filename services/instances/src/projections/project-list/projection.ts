import { readFileSync } from 'node:fs'
import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

/** The project's key and the revision that makes a second application harmless. */
const target = ({ tenant, revision, data }: Projected<ProjectEvent>) => ({
  tenant_id: tenant,
  id: data.projectId,
  revision,
})

/** By whom and when: the members of each kind of change have names of their own. */
const by = (updatedBy: string, updatedAt: string) => ({
  updated_by: updatedBy,
  updated_at: updatedAt,
})

/** `set` on the projects of `rows`, once per revision: a version is a revision, counted from 1. */
const change = (set: string) => `
  update project_list as p
     set ${set}, version = rows.revision + 1, revision = rows.revision
    from rows
   where p.tenant_id = rows.tenant_id and p.id = rows.id and p.revision < rows.revision`

const updated = 'updated_by = rows.updated_by, updated_at = rows.updated_at'

/** Every project that is not purged, one row each; whether its instance shows it is another's. */
export const projectList = defineProjection<ProjectEvent>({
  name: 'project-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'project_list',
  on: {
    ProjectCreated: {
      rows: (event) => [
        {
          ...target(event),
          instance_id: event.data.instanceId,
          owner_id: event.data.ownerId,
          kind: event.data.kind,
          name: event.data.name,
          description: event.data.description,
          content_sha256: event.data.contentSha256,
          content_size_bytes: event.data.contentSizeBytes,
          asset_ids: event.data.assetIds,
          archived: false,
          status: 'active',
          version: 1,
          created_at: event.data.createdAt,
          ...by(event.data.createdBy, event.data.createdAt),
        },
      ],
      sql: 'insert into project_list select * from rows on conflict do nothing',
    },
    ProjectContentChanged: {
      // Which ids come and go; a row's own are kept in their order.
      rows: (event) => [
        {
          ...target(event),
          content_sha256: event.data.contentSha256,
          content_size_bytes: event.data.contentSizeBytes,
          asset_ids: { added: event.data.assetIdsAdded, removed: event.data.assetIdsRemoved },
          ...by(event.data.changedBy, event.data.changedAt),
        },
      ],
      sql: change(`
         content_sha256 = rows.content_sha256,
         content_size_bytes = rows.content_size_bytes,
         asset_ids = (
           select coalesce(jsonb_agg(id order by id collate "C"), '[]')
             from (select jsonb_array_elements_text(p.asset_ids)
                   except select jsonb_array_elements_text(rows.asset_ids -> 'removed')
                   union select jsonb_array_elements_text(rows.asset_ids -> 'added')) as ids (id)),
         ${updated}`),
    },
    ProjectRenamed: {
      rows: (event) => [
        {
          ...target(event),
          name: event.data.name,
          ...by(event.data.renamedBy, event.data.renamedAt),
        },
      ],
      sql: change(`name = rows.name, ${updated}`),
    },
    ProjectDescribed: {
      rows: (event) => [
        {
          ...target(event),
          description: event.data.description,
          ...by(event.data.describedBy, event.data.describedAt),
        },
      ],
      sql: change(`description = rows.description, ${updated}`),
    },
    ProjectArchived: {
      rows: (event) => [{ ...target(event), ...by(event.data.archivedBy, event.data.archivedAt) }],
      sql: change(`archived = true, ${updated}`),
    },
    ProjectUnarchived: {
      rows: (event) => [
        { ...target(event), ...by(event.data.unarchivedBy, event.data.unarchivedAt) },
      ],
      sql: change(`archived = false, ${updated}`),
    },
    ProjectDeleted: {
      rows: (event) => [
        {
          ...target(event),
          deleted_at: event.data.deletedAt,
          purge_at: event.data.purgeAt,
          ...by(event.data.deletedBy, event.data.deletedAt),
        },
      ],
      sql: change(`
         status = 'deleted', deleted_at = rows.deleted_at, purge_at = rows.purge_at, ${updated}`),
    },
    ProjectRestored: {
      rows: (event) => [{ ...target(event), ...by(event.data.restoredBy, event.data.restoredAt) }],
      sql: change(`status = 'active', deleted_at = null, purge_at = null, ${updated}`),
    },
    ProjectRestorationAbandoned: {
      rows: (event) => [target(event)],
      sql: change('deleted_at = p.deleted_at'),
    },
    ProjectPurged: {
      rows: (event) => [target(event)],
      sql: `
        delete from project_list as p using rows
         where p.tenant_id = rows.tenant_id and p.id = rows.id`,
    },
  },
})
