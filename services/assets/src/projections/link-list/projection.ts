import { readFileSync } from 'node:fs'
import type { LinkEvent } from '@atrium/contracts/assets/link-events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const target = ({ tenant, revision, data }: Projected<LinkEvent>) => ({
  tenant_id: tenant,
  id: data.linkId,
  revision,
})

/** The links that were not revoked, with what was counted of each. */
export const linkList = defineProjection<LinkEvent>({
  name: 'link-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'link_list',
  on: {
    LinkCreated: {
      rows: (event) => [
        {
          ...target(event),
          asset_id: event.data.assetId,
          owner_id: event.data.ownerId,
          created_at: event.data.createdAt,
          expires_at: event.data.expiresAt,
          downloads_max: event.data.downloadsMax,
          downloads: 0,
        },
      ],
      sql: 'insert into link_list select * from rows on conflict do nothing',
    },
    LinkDownloaded: {
      rows: (event) => [target(event)],
      sql: `
        update link_list as l
           set downloads = l.downloads + 1, revision = rows.revision
          from rows
         where l.tenant_id = rows.tenant_id and l.id = rows.id and l.revision < rows.revision`,
    },
    LinkRevoked: {
      rows: (event) => [target(event)],
      sql: `
        delete from link_list as l using rows
         where l.tenant_id = rows.tenant_id and l.id = rows.id`,
    },
  },
})
