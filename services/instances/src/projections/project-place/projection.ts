import { readFileSync } from 'node:fs'
import type { ProjectEvent, ProjectPlaceEvent } from '@atrium/contracts/instances/project-events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

type PlaceEvent = ProjectPlaceEvent | ProjectEvent

const target = ({ tenant, position, data }: Projected<PlaceEvent>) => ({
  tenant_id: tenant,
  project_id: data.projectId,
  position,
})

const becomes = (needed: boolean) => ({
  rows: (event: Projected<PlaceEvent>) => [target(event)],
  sql: `
    update project_place as p
       set needed = ${needed}, position = rows.position
      from rows
     where p.tenant_id = rows.tenant_id and p.project_id = rows.project_id
       and p.position < rows.position`,
})

/**
 * Places in the quota, and whether their projects need them: two streams tell it together. Only a
 * hint of what may have been left half way: whoever acts on it looks at the streams.
 */
export const projectPlace = defineProjection<PlaceEvent>({
  name: 'project-place',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'project_place',
  // What the owner's stream and the project's say of one project keeps its order.
  key: ({ data }) => (data as PlaceEvent['data']).projectId,
  on: {
    ProjectPlaceTaken: {
      rows: (event) => [
        {
          ...target(event),
          instance_id: event.data.instanceId,
          owner_id: event.data.ownerId,
          taken_at: event.data.takenAt,
          needed: false,
        },
      ],
      sql: `
        insert into project_place as p select * from rows
        on conflict (tenant_id, project_id) do update
           set taken_at = excluded.taken_at, needed = false, position = excluded.position
         where p.position < excluded.position`,
    },
    ProjectPlaceReleased: {
      rows: (event) => [target(event)],
      sql: `
        delete from project_place as p using rows
         where p.tenant_id = rows.tenant_id and p.project_id = rows.project_id`,
    },
    ProjectCreated: becomes(true),
    ProjectRestored: becomes(true),
    ProjectDeleted: becomes(false),
    ProjectPurged: becomes(false),
  },
})
