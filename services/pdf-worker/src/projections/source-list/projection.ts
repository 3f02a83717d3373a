import { readFileSync } from 'node:fs'
import type { SourceEvent } from '@atrium/contracts/pdf/events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const rowOf = ({ tenant, data }: Projected<SourceEvent>, removed: boolean) => ({
  tenant_id: tenant,
  id: data.sourceId,
  removed,
})

const hide = `
  insert into hidden_source select * from rows
  on conflict (tenant_id, id) do update set removed = excluded.removed`

/** The projects and instances whose jobs are not shown: deleted ones, and those gone for good. */
export const sourceList = defineProjection<SourceEvent>({
  name: 'source-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'hidden_source',
  on: {
    SourceHidden: { rows: (event) => [rowOf(event, false)], sql: hide },
    SourceRemoved: { rows: (event) => [rowOf(event, true)], sql: hide },
    SourceShown: {
      rows: (event) => [rowOf(event, false)],
      sql: `
        delete from hidden_source as h using rows
         where h.tenant_id = rows.tenant_id and h.id = rows.id`,
    },
  },
})
