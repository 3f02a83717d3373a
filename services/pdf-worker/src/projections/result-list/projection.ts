import { readFileSync } from 'node:fs'
import type { ResultEvent } from '@atrium/contracts/pdf/events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

const target = ({ tenant, data }: Projected<ResultEvent>) => ({
  tenant_id: tenant,
  id: data.resultId,
})

/** The stored PDFs by their input, and which jobs hold each. */
export const resultList = defineProjection<ResultEvent>({
  name: 'result-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'stored_result',
  on: {
    ResultStored: {
      rows: (event) => [
        {
          ...target(event),
          job_id: event.data.jobId,
          attempt: event.data.attempt,
          input_sha256: event.data.inputSha256,
          condemned: false,
          stored_at: event.data.storedAt,
        },
      ],
      sql: `
        with held as (
          insert into result_holder (tenant_id, result_id, job_id, held_at)
          select tenant_id, id, job_id, stored_at from rows on conflict do nothing
        )
        insert into stored_result select * from rows on conflict do nothing`,
    },
    ResultHeld: {
      rows: (event) => [
        { ...target(event), job_id: event.data.jobId, stored_at: event.data.heldAt },
      ],
      sql: `
        insert into result_holder (tenant_id, result_id, job_id, held_at)
        select tenant_id, id, job_id, stored_at from rows on conflict do nothing`,
    },
    ResultReleased: {
      rows: (event) => [{ ...target(event), job_id: event.data.jobId }],
      sql: `
        delete from result_holder as h using rows
         where h.tenant_id = rows.tenant_id and h.result_id = rows.id
           and h.job_id = rows.job_id`,
    },
    ResultCondemned: {
      rows: (event) => [target(event)],
      sql: `
        update stored_result as s set condemned = true from rows
         where s.tenant_id = rows.tenant_id and s.id = rows.id`,
    },
    ResultErased: {
      rows: (event) => [target(event)],
      sql: `
        delete from stored_result as s using rows
         where s.tenant_id = rows.tenant_id and s.id = rows.id`,
    },
  },
})
