import * as contract from '@atrium/contracts/pdf/job-http.ts'
import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { PassThrough, type Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { findBatch, type ListedJob } from '../projections/job-list/query.ts'
import { resultKey } from '../rendering/render-attempt.ts'
import { batchOf, demandPdf, fileNameOf } from './jobs.ts'

export interface BatchesDeps {
  readonly database: Database
  readonly blobs: BlobStore
}

export function mountBatches(app: FastifyInstance, { database, blobs }: BatchesDeps) {
  mount(app, contract.getPdfBatch, async ({ caller, params }) => {
    const listed = await demandBatch(database, caller, params.batchId)
    const jobs = listed.map(({ job }) => job)
    return { status: 200, body: batchOf(params.batchId, jobs) }
  })

  mount(app, contract.downloadPdfBatch, async ({ caller, params, method, signal }) => {
    const files = filesOf(await demandBatch(database, caller, params.batchId))
    const read = async (resultId: string) =>
      (await blobs.read(resultKey(caller.tenant, resultId), { signal })).stream
    return {
      status: 200,
      stream: method === 'HEAD' ? new PassThrough() : zipOf(files, read),
      headers: {
        'content-type': 'application/zip',
        'content-disposition': `attachment; filename="${params.batchId}.zip"`,
        'x-content-type-options': 'nosniff',
      },
    }
  })
}

async function demandBatch(
  database: Database,
  { tenant, userId: ownerId }: Caller,
  batchId: string,
): Promise<readonly ListedJob[]> {
  const find = { ownerId, batchId }
  const listed = await database.forTenant(tenant, (client) => findBatch(client, find), {
    readOnly: true,
  })
  if (listed.length === 0) throw new Rejection('not-found')
  return listed
}

interface ZippedFile {
  readonly name: string
  readonly resultId: string
  readonly sizeBytes: number
  readonly completedAt: Date
}

/** Throws Rejection `job-not-completed` while one is under way, or where none has a PDF. */
function filesOf(listed: readonly ListedJob[]): readonly ZippedFile[] {
  const waiting = listed.filter(({ job }) => ['pending', 'processing'].includes(job.status))
  const completed = listed.filter(({ job }) => job.status === 'completed')
  if (waiting.length > 0 || completed.length === 0) {
    throw new Rejection('job-not-completed', { underWay: waiting.length })
  }
  return completed.map((each) => {
    const { resultId, sizeBytes } = demandPdf(each)
    const completedAt = new Date(each.job.completedAt ?? 0)
    return { name: fileNameOf(each), resultId, sizeBytes, completedAt }
  })
}

/** One file after the other, as they are read: a PDF is packed already. */
function zipOf(
  files: readonly ZippedFile[],
  read: (resultId: string) => Promise<Readable>,
): Readable {
  const zip = new ZipFile()
  const output = new PassThrough()
  zip.outputStream.pipe(output)
  zip.on('error', (error: Error) => output.destroy(error))
  for (const { name, resultId, sizeBytes, completedAt } of files) {
    const options = { compress: false, size: sizeBytes, mtime: completedAt }
    zip.addReadStreamLazy(name, options, (opened) => {
      read(resultId).then(
        (stream) => {
          output.once('close', () => stream.destroy()) // the client may leave half way
          opened(null, stream)
        },
        (error: unknown) => output.destroy(error instanceof Error ? error : undefined),
      )
    })
  }
  zip.end()
  return output
}
