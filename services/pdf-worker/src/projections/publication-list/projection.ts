import { readFileSync } from 'node:fs'
import type { ListingEvent } from '@atrium/contracts/pdf/events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const target = ({ tenant, revision, data }: Projected<ListingEvent>) => ({
  tenant_id: tenant,
  id: data.publicationId,
  revision,
})

const change = (set: string) => `
  update publication_list as p
     set ${set}, revision = rows.revision
    from rows
   where p.tenant_id = rows.tenant_id and p.id = rows.id and p.revision < rows.revision`

/** What is published, and what was, until its bytes are gone. */
export const publicationList = defineProjection<ListingEvent>({
  name: 'publication-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'publication_list',
  on: {
    PlannerPublished: {
      rows: (event) => [
        {
          ...target(event),
          slug: event.data.slug,
          owner_id: event.data.ownerId,
          project_id: event.data.projectId,
          instance_id: event.data.instanceId,
          title: event.data.title,
          description: event.data.description,
          author: event.data.author,
          category: event.data.category,
          device: event.data.device,
          content_sha256: event.data.contentSha256,
          pages: event.data.pages,
          assets: event.data.assets,
          clone_count: 0,
          published: true,
          published_at: event.data.publishedAt,
        },
      ],
      sql: 'insert into publication_list select * from rows on conflict do nothing',
    },
    PlannerUnpublished: { rows: (event) => [target(event)], sql: change('published = false') },
    PlannerCloned: {
      rows: (event) => [target(event)],
      sql: change('clone_count = p.clone_count + 1'),
    },
    PublicationErased: {
      rows: (event) => [target(event)],
      sql: `
        delete from publication_list as p using rows
         where p.tenant_id = rows.tenant_id and p.id = rows.id`,
    },
  },
})
