import * as contract from '@atrium/contracts/pdf/job-http.ts'
import { JobId } from '@atrium/contracts/pdf/schema.ts'
import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { contentAnswer } from '@atrium/platform/http/content-answer.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { createCursors, CursorTime, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { findJob, listJobs, type ListedJob } from '../projections/job-list/query.ts'
import { resultKey } from '../rendering/render-attempt.ts'
import { requestJobs, type RequestJobsDeps } from '../requests/request-jobs.ts'

export interface JobsDeps extends RequestJobsDeps {
  readonly database: Database
  readonly blobs: BlobStore
  /** What a job held may go, once the read models have come there. */
  readonly onRemoved: (position: number) => void
}

const cursors = createCursors(Type.Tuple([CursorTime, JobId]))

export function mountJobs(app: FastifyInstance, deps: JobsDeps) {
  mountReads(app, deps)
  mountDownload(app, deps)

  mount(app, contract.requestPdf, async (exchange) => {
    const { jobs, batchId, written } = await requestJobs(deps, exchange.body, exchange)
    const [job] = jobs
    if (batchId !== undefined) return { status: 202, body: batchOf(batchId, jobs), written }
    return { status: 202, body: job, ...(job ? { version: job.version } : {}), written }
  })

  mount(app, contract.deletePdfJob, async ({ caller, params, at, cause }) => {
    await demandJob(deps.database, caller, params.jobId)
    const command = { type: 'DeleteJob', ownerId: caller.userId, at } as const
    const written = await deps.aggregates.jobs.handle(params.jobId, command, cause)
    if (written.position !== undefined) deps.onRemoved(written.position)
    return { status: 204, written }
  })
}

export const batchOf = (id: string, items: readonly contract.Job[]) => ({
  id,
  items,
  download: contract.downloadPdfBatch.path.replace(':batchId', id),
})

function mountReads(app: FastifyInstance, { database }: JobsDeps) {
  mount(app, contract.listPdfJobs, async ({ caller, query }) => {
    const { limit = 50, status, projectId } = query
    const after = cursors.decode(query.cursor)
    const rows = await database.forTenant(
      caller.tenant,
      (client) =>
        listJobs(client, {
          ownerId: caller.userId,
          status,
          projectId,
          limit: limit + 1,
          after: after && { requestedAt: after[0], id: after[1] },
        }),
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      (job) => job,
      (last) => cursors.encode([last.requestedAt, last.id]),
    )
    return { status: 200, body }
  })

  mount(app, contract.getPdfJob, async ({ caller, params }) => {
    const { job } = await demandJob(database, caller, params.jobId)
    return { status: 200, body: job, version: job.version }
  })
}

function mountDownload(app: FastifyInstance, { database, blobs }: JobsDeps) {
  mount(app, contract.downloadPdf, async ({ caller, params, method, headers, signal }) => {
    const listed = await demandJob(database, caller, params.jobId)
    const { resultId, sizeBytes, sha256 } = demandPdf(listed)
    const key = resultKey(caller.tenant, resultId)
    return await contentAnswer(
      { method, headers },
      {
        tag: sha256,
        sizeBytes,
        mediaType: 'application/pdf',
        headers: {
          'content-disposition': `attachment; filename="${fileNameOf(listed)}"`,
          'x-content-type-options': 'nosniff',
          'cache-control': 'private, no-cache',
        },
        open: async (range) => (await blobs.read(key, { range, signal })).stream,
      },
    )
  })
}

/** Throws Rejection `not-found` for a job that is not there for this caller. */
export async function demandJob(
  database: Database,
  { tenant, userId: ownerId }: Caller,
  jobId: string,
): Promise<ListedJob> {
  const find = { ownerId, jobId }
  const listed = await database.forTenant(tenant, (client) => findJob(client, find), {
    readOnly: true,
  })
  if (!listed) throw new Rejection('not-found')
  return listed
}

/** Where a job's PDF is found. Throws Rejection `job-not-completed`, `result-expired`. */
export function demandPdf({ job, resultId, expired }: ListedJob) {
  const { status, sizeBytes, sha256, expiresAt } = job
  if (resultId === null || sizeBytes === null || sha256 === null) {
    throw new Rejection('job-not-completed', { jobStatus: status })
  }
  if (expired || (expiresAt !== null && Date.parse(expiresAt) <= Date.now())) {
    throw new Rejection('result-expired', { expiresAt })
  }
  return { resultId, sizeBytes, sha256 }
}

const titleCharactersMax = 60

/** The title, as far as every file system takes it, and the device. */
export function fileNameOf({ job }: ListedJob): string {
  const title = job.title
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, titleCharactersMax)
  const device = job.device.replaceAll(/[^A-Za-z0-9.]+/g, '-')
  return `${title === '' ? 'planner' : title}-${device}.pdf`
}
