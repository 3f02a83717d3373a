import { readFileSync } from 'node:fs'
import type { CloneEvent } from '@atrium/contracts/pdf/events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const target = ({ tenant, data }: Projected<CloneEvent>) => ({
  tenant_id: tenant,
  id: data.cloneId,
})

const change = (set: string) => `
  update clone_list as c set ${set} from rows
   where c.tenant_id = rows.tenant_id and c.id = rows.id`

/** Copies of published planners, and what became of each. */
export const cloneList = defineProjection<CloneEvent>({
  name: 'clone-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'clone_list',
  on: {
    CloneRequested: {
      rows: (event) => [
        {
          ...target(event),
          owner_id: event.data.ownerId,
          instance_id: event.data.instanceId,
          publication_id: event.data.publicationId,
          slug: event.data.slug,
          status: 'pending',
          requested_at: event.data.requestedAt,
        },
      ],
      sql: 'insert into clone_list select * from rows on conflict do nothing',
    },
    CloneCompleted: {
      rows: (event) => [{ ...target(event), project_id: event.data.projectId }],
      sql: change(`status = 'completed', project_id = rows.project_id`),
    },
    CloneFailed: {
      rows: (event) => [{ ...target(event), error_code: event.data.errorCode }],
      sql: change(`status = 'failed', error_code = rows.error_code`),
    },
  },
})
