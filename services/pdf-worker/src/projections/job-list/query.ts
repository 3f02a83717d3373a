import type { Job } from '@atrium/contracts/pdf/job-http.ts'
import type { Diagnostic, JobErrorCode, LimitHit } from '@atrium/contracts/pdf/schema.ts'
import type { ClientBase } from 'pg'

interface Row {
  readonly tenant_id: string
  readonly id: string
  readonly owner_id: string
  readonly batch_id: string | null
  readonly project_id: string | null
  readonly instance_id: string | null
  readonly title: string
  readonly device: string
  readonly export: Job['export']
  readonly strict: boolean
  readonly deterministic: boolean
  readonly status: Job['status']
  readonly attempt: number
  readonly page: number
  readonly pages: number
  readonly result_id: string | null
  readonly page_count: number | null
  readonly size_bytes: number | null
  readonly sha256: string | null
  readonly cached: boolean
  readonly diagnostics: Diagnostic[]
  readonly error_code: JobErrorCode | null
  readonly error_message: string | null
  readonly limit_hit: LimitHit | null
  readonly requested_at: Date
  readonly started_at: Date | null
  readonly completed_at: Date | null
  readonly expires_at: Date | null
  readonly expired: boolean
  readonly version: number
}

/** A job as it is shown, and what its PDF is found by. */
export interface ListedJob {
  readonly job: Job
  readonly resultId: string | null
  readonly expired: boolean
}

/** The last job of the page before: the list goes on behind it. */
export interface AfterJob {
  readonly requestedAt: string
  readonly id: string
}

type Client = Pick<ClientBase, 'query'>

// Row-level security adds the tenant to every query that a route makes. What was made from a
// deleted project or instance is not shown.

const columns = `
  tenant_id, id, owner_id, batch_id, project_id, instance_id, title, device, export, strict,
  deterministic, status, attempt, page, pages, result_id, page_count, size_bytes, sha256, cached,
  diagnostics, error_code, error_message, limit_hit, requested_at, started_at, completed_at,
  expires_at, expired, version`

const isShown = `not exists (
  select from hidden_source h
   where h.tenant_id = j.tenant_id and h.id in (j.project_id, j.instance_id, 'tenant'))`

/** Up to `limit` jobs of one owner, newest first. */
export async function listJobs(
  client: Client,
  query: {
    readonly ownerId: string
    readonly status: Job['status'] | undefined
    readonly projectId: string | undefined
    readonly limit: number
    readonly after: AfterJob | undefined
  },
): Promise<Job[]> {
  const { ownerId, status, projectId, limit, after } = query
  const { rows } = await client.query<Row>({
    name: 'list-jobs',
    text: `
      select ${columns} from job_list j
       where owner_id = $1 and ${isShown}
         and ($2::text is null or status = $2) and ($3::text is null or project_id = $3)
         and ($4::timestamptz is null or (requested_at, id) < ($4, $5))
       order by requested_at desc, id desc
       limit $6`,
    values: [
      ownerId,
      status ?? null,
      projectId ?? null,
      after?.requestedAt ?? null,
      after?.id ?? null,
      limit,
    ],
  })
  return rows.map(jobFrom)
}

/** The owner's job, or undefined for one that is hidden, removed, another's, or nobody's. */
export async function findJob(
  client: Client,
  { ownerId, jobId }: { readonly ownerId: string; readonly jobId: string },
): Promise<ListedJob | undefined> {
  const { rows } = await client.query<Row>({
    name: 'find-job',
    text: `select ${columns} from job_list j where owner_id = $1 and id = $2 and ${isShown}`,
    values: [ownerId, jobId],
  })
  return rows[0] && listedFrom(rows[0])
}

/**
 * The owner's jobs of a batch that are left, none of another's: by device, since they are written
 * side by side.
 */
export async function findBatch(
  client: Client,
  { ownerId, batchId }: { readonly ownerId: string; readonly batchId: string },
): Promise<ListedJob[]> {
  const { rows } = await client.query<Row>({
    name: 'find-batch',
    text: `
      select ${columns} from job_list j
       where owner_id = $1 and batch_id = $2 and ${isShown}
       order by device collate "C"`,
    values: [ownerId, batchId],
  })
  return rows.map(listedFrom)
}

/** One of many jobs that somebody watches, in whatever tenant. */
export interface JobKey {
  readonly tenant: string
  readonly jobId: string
}

export interface WatchedJob extends JobKey {
  readonly job: Job
  readonly attempt: number
}

/** What there is of these jobs, of all tenants. */
export async function readJobs(
  client: Client,
  keys: readonly JobKey[],
): Promise<readonly WatchedJob[]> {
  const { rows } = await client.query<Row>({
    name: 'read-jobs',
    text: `
      select ${columns} from job_list j
        join unnest($1::text[], $2::text[]) as k (tenant_id, id) using (tenant_id, id)
       where ${isShown}`,
    values: [keys.map(({ tenant }) => tenant), keys.map(({ jobId }) => jobId)],
  })
  return rows.map((row) => ({
    tenant: row.tenant_id,
    jobId: row.id,
    attempt: row.attempt,
    job: jobFrom(row),
  }))
}

/** How many jobs of the owner are made from an instance's projects, whatever their status. */
export async function countJobs(
  client: Client,
  { ownerId, instanceId }: { readonly ownerId: string; readonly instanceId: string },
): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'count-jobs',
    text: `
      select count(*) as count from job_list j
       where owner_id = $1 and instance_id = $2 and ${isShown}`,
    values: [ownerId, instanceId],
  })
  return rows[0]?.count ?? 0
}

/** A job that goes on, or is there, though what it is made from is deleted. */
export interface StrayJob extends JobKey {
  /** Gone for good, and so should the job be; else it should not be under way. */
  readonly removed: boolean
}

/** Jobs that have to follow their source, of one or of all. */
export async function listStrayJobs(
  client: Client,
  { source, limit }: { readonly source?: JobSource; readonly limit: number },
): Promise<StrayJob[]> {
  const { rows } = await client.query<{ tenant_id: string; id: string; removed: boolean }>({
    name: 'list-stray-jobs',
    text: `
      select j.tenant_id, j.id, bool_or(h.removed) as removed
        from hidden_source h
        join job_list j
          on j.tenant_id = h.tenant_id and h.id in (j.project_id, j.instance_id, 'tenant')
       where (h.removed or j.status in ('pending', 'processing'))
         and ($1::text is null or (h.tenant_id = $1 and h.id = $2))
       group by j.tenant_id, j.id, j.position
       order by j.position limit $3`,
    values: [source?.tenant ?? null, source?.sourceId ?? null, limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, jobId: row.id, removed: row.removed }))
}

export interface JobSource {
  readonly tenant: string
  readonly sourceId: string
}

/** Jobs of all tenants whose PDF has had its time, longest overdue first. */
export async function listExpiring(
  client: Client,
  { at, limit }: { readonly at: string; readonly limit: number },
): Promise<JobKey[]> {
  const { rows } = await client.query<{ tenant_id: string; id: string }>({
    name: 'list-expiring-jobs',
    text: `
      select tenant_id, id from job_list
       where status = 'completed' and not expired and expires_at <= $1
       order by expires_at limit $2`,
    values: [at, limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, jobId: row.id }))
}

const listedFrom = (row: Row): ListedJob => ({
  job: jobFrom(row),
  resultId: row.result_id,
  expired: row.expired,
})

function jobFrom(row: Row): Job {
  return {
    id: row.id,
    status: row.status,
    progress: { page: row.page, pages: row.pages },
    title: row.title,
    device: row.device,
    export: row.export,
    strict: row.strict,
    deterministic: row.deterministic,
    projectId: row.project_id,
    instanceId: row.instance_id,
    batchId: row.batch_id,
    pageCount: row.page_count,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    cached: row.cached,
    warnings: row.diagnostics,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    limit: row.limit_hit,
    requestedAt: row.requested_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    completedAt: row.completed_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    version: row.version,
  }
}
