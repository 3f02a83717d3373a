import { readFileSync } from 'node:fs'
import type { JobEvent } from '@atrium/contracts/pdf/events.ts'
import { defineProjection, type Projected } from '@atrium/platform/projections/projection.ts'

/** The job's key, and the version that makes a second application harmless. */
const target = ({ tenant, revision, data }: Projected<JobEvent>) => ({
  tenant_id: tenant,
  id: data.jobId,
  version: revision + 1,
})

/** `set` on the jobs of `rows`, once per version. */
const change = (set: string) => `
  update job_list as j
     set ${set}, version = rows.version
    from rows
   where j.tenant_id = rows.tenant_id and j.id = rows.id and j.version < rows.version`

const waitsAgain = change(`status = 'pending', page = 0`)

/** Every job that is not removed, one row each; those that wait are what is to be rendered. */
export const jobList = defineProjection<JobEvent>({
  name: 'job-list',
  version: 1,
  tableSql: readFileSync(new URL('table.sql', import.meta.url), 'utf8'),
  table: 'job_list',
  on: {
    PdfRequested: {
      rows: (event) => [
        {
          ...target(event),
          owner_id: event.data.ownerId,
          batch_id: event.data.batchId,
          project_id: event.data.projectId,
          instance_id: event.data.instanceId,
          title: event.data.title,
          device: event.data.device,
          export: event.data.export,
          strict: event.data.strict,
          deterministic: event.data.deterministic,
          status: 'pending',
          attempt: 0,
          page: 0,
          pages: event.data.pages,
          cached: false,
          diagnostics: [],
          requested_at: event.data.requestedAt,
          expired: false,
          position: event.position,
        },
      ],
      sql: 'insert into job_list select * from rows on conflict do nothing',
    },
    PdfStarted: {
      rows: (event) => [
        { ...target(event), attempt: event.data.attempt, started_at: event.data.startedAt },
      ],
      sql: change(`
        status = 'processing', attempt = rows.attempt, started_at = rows.started_at, page = 0`),
    },
    PdfProgressed: {
      rows: (event) => [{ ...target(event), page: event.data.page, pages: event.data.pages }],
      sql: change('page = rows.page, pages = rows.pages'),
    },
    PdfReturned: { rows: (event) => [target(event)], sql: waitsAgain },
    PdfCrashed: { rows: (event) => [target(event)], sql: waitsAgain },
    PdfDiagnosed: {
      rows: (event) => [{ ...target(event), diagnostics: event.data.diagnostics }],
      sql: change('diagnostics = rows.diagnostics'),
    },
    PdfCompleted: {
      rows: (event) => [
        {
          ...target(event),
          result_id: event.data.resultId,
          page_count: event.data.pageCount,
          size_bytes: event.data.sizeBytes,
          sha256: event.data.sha256,
          cached: event.data.cached,
          completed_at: event.data.completedAt,
          expires_at: event.data.expiresAt,
        },
      ],
      sql: change(`
        status = 'completed', page = rows.page_count, pages = rows.page_count,
        result_id = rows.result_id, page_count = rows.page_count, size_bytes = rows.size_bytes,
        sha256 = rows.sha256, cached = rows.cached, completed_at = rows.completed_at,
        expires_at = rows.expires_at`),
    },
    PdfFailed: {
      rows: (event) => [
        {
          ...target(event),
          error_code: event.data.errorCode,
          error_message: event.data.errorMessage,
          limit_hit: event.data.limit,
          completed_at: event.data.failedAt,
        },
      ],
      sql: change(`
        status = 'failed', error_code = rows.error_code, error_message = rows.error_message,
        limit_hit = rows.limit_hit, completed_at = rows.completed_at`),
    },
    PdfCancelled: {
      rows: (event) => [{ ...target(event), completed_at: event.data.cancelledAt }],
      sql: change(`status = 'cancelled', completed_at = rows.completed_at`),
    },
    PdfExpired: { rows: (event) => [target(event)], sql: change('expired = true') },
    PdfRemoved: {
      rows: (event) => [target(event)],
      sql: `
        delete from job_list as j using rows
         where j.tenant_id = rows.tenant_id and j.id = rows.id`,
    },
  },
})
