import { Type, type Static } from 'typebox'
import { binary, defineRoute } from '../route.ts'
import { InstanceId, page, PageQuery, ProjectId, Timestamp, Version } from '../schema.ts'
import { plannerBytesMax, plannerFields } from './planner-fields.ts'
import {
  BatchId,
  DeviceName,
  Diagnostic,
  ExportMode,
  JobErrorCode,
  JobId,
  JobStatus,
  LimitHit,
  Sha256,
} from './schema.ts'

const context = 'pdf'
const closed = { additionalProperties: false } as const
const nullable = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

export const Job = Type.Object({
  id: JobId,
  status: JobStatus,
  progress: Type.Object({
    page: Type.Integer({ description: 'Pages that are drawn.' }),
    pages: Type.Integer({ description: 'Pages that the plan has.' }),
  }),
  title: Type.String(),
  device: DeviceName,
  export: ExportMode,
  strict: Type.Boolean(),
  deterministic: Type.Boolean(),
  projectId: nullable(ProjectId),
  instanceId: nullable(InstanceId),
  batchId: nullable(BatchId),
  pageCount: nullable(Type.Integer()),
  sizeBytes: nullable(Type.Integer()),
  sha256: nullable(Sha256),
  cached: Type.Boolean({ description: 'The same PDF was stored already, and nothing rendered.' }),
  warnings: Type.Array(Diagnostic),
  errorCode: nullable(JobErrorCode),
  errorMessage: nullable(Type.String()),
  limit: nullable(LimitHit),
  requestedAt: Timestamp,
  startedAt: nullable(Timestamp),
  completedAt: nullable(Timestamp),
  expiresAt: nullable(Timestamp),
  version: Version,
})
export type Job = Static<typeof Job>

/** Jobs of one request, a device each. */
export const JobBatch = Type.Object({
  id: BatchId,
  items: Type.Array(Job),
  download: Type.String({ description: 'Where the PDFs can be had as one zip.' }),
})
export type JobBatch = Static<typeof JobBatch>

export const devicesMax = 27

// Any text, so that an id of another form is 404 like one that names nothing.
const JobParams = Type.Object({ jobId: Type.String({ maxLength: 128 }) })
const BatchParams = Type.Object({ batchId: Type.String({ maxLength: 128 }) })

const contentRequestHeaders = {
  Range: 'One range in bytes.',
  'If-Range': 'The entity tag of what the client has the rest of.',
  'If-None-Match': '304 where it names the entity tag.',
}
const contentResponseHeaders = {
  ETag: 'Strong.',
  'Content-Range': 'Of a range.',
  'Content-Disposition': 'The name of the file.',
}

export const requestPdf = defineRoute({
  id: 'requestPdf',
  context,
  method: 'POST',
  path: '/v1/pdf/jobs',
  summary: 'Ask for a PDF of a planner, for one device or for several',
  description:
    'Give either `projectId` or `project`, and either `device` or `devices`. The planner is ' +
    'taken as it is now: later changes do not reach the PDF. With `devices` the answer is ' +
    '`{ id, items, download }`, a job for each. A PDF that is stored already is there at once.',
  permission: 'user',
  rateClass: 'render',
  idempotencyKey: true,
  bodyBytesMax: plannerBytesMax,
  body: Type.Object(
    {
      ...plannerFields,
      device: Type.Optional(DeviceName),
      devices: Type.Optional(
        Type.Array(DeviceName, { minItems: 1, maxItems: devicesMax, uniqueItems: true }),
      ),
      strict: Type.Optional(
        Type.Boolean({ description: 'Fail on a dead link or a missing picture.' }),
      ),
      deterministic: Type.Optional(
        Type.Boolean({ description: 'The same bytes for the same input, always.' }),
      ),
      export: Type.Optional(ExportMode),
    },
    closed,
  ),
  responses: { 202: Type.Union([Job, JobBatch]) },
  problems: ['not-found', 'too-many-pages', 'quota-exceeded'],
})

export const listPdfJobs = defineRoute({
  id: 'listPdfJobs',
  context,
  method: 'GET',
  path: '/v1/pdf/jobs',
  summary: "The caller's jobs, newest first",
  permission: 'user',
  rateClass: 'read',
  query: Type.Object(
    {
      ...PageQuery,
      status: Type.Optional(JobStatus),
      projectId: Type.Optional(Type.String({ maxLength: 128 })),
    },
    closed,
  ),
  responses: { 200: page(Job) },
  problems: [],
})

export const getPdfJob = defineRoute({
  id: 'getPdfJob',
  context,
  method: 'GET',
  path: '/v1/pdf/jobs/:jobId',
  summary: 'One job',
  permission: 'user',
  rateClass: 'read',
  params: JobParams,
  responses: { 200: Job },
  problems: ['not-found'],
})

export const downloadPdf = defineRoute({
  id: 'downloadPdf',
  context,
  method: 'GET',
  path: '/v1/pdf/jobs/:jobId/download',
  summary: 'The PDF',
  description: 'The entity tag is its SHA-256; a range of it is answered 206.',
  permission: 'user',
  rateClass: 'read',
  params: JobParams,
  answers: 'stream',
  responses: { 200: binary('application/pdf') },
  requestHeaders: contentRequestHeaders,
  responseHeaders: contentResponseHeaders,
  problems: [
    'not-found',
    'job-not-completed',
    'result-expired',
    'precondition-failed',
    'range-not-satisfiable',
  ],
})

export const streamPdfJob = defineRoute({
  id: 'streamPdfJob',
  context,
  method: 'GET',
  path: '/v1/pdf/jobs/:jobId/events',
  summary: 'Server-sent events: what the job is now, and each change until it has ended',
  description:
    '`event` is progress, completed, failed or cancelled, `data` the job. After one of the last ' +
    'three the stream ends; with its id as Last-Event-ID the answer is 204.',
  permission: 'user',
  rateClass: 'stream',
  params: JobParams,
  answers: 'stream',
  responses: { 200: binary('text/event-stream'), 204: null },
  requestHeaders: { 'Last-Event-ID': 'Only what came after that event is told.' },
  problems: ['not-found'],
})

export const deletePdfJob = defineRoute({
  id: 'deletePdfJob',
  context,
  method: 'DELETE',
  path: '/v1/pdf/jobs/:jobId',
  summary: 'Cancel a job that is under way; remove one that has ended, with its PDF',
  permission: 'user',
  rateClass: 'write',
  params: JobParams,
  responses: { 204: null },
  problems: ['not-found'],
})

export const getPdfBatch = defineRoute({
  id: 'getPdfBatch',
  context,
  method: 'GET',
  path: '/v1/pdf/batches/:batchId',
  summary: 'The jobs that were asked for together',
  permission: 'user',
  rateClass: 'read',
  params: BatchParams,
  responses: { 200: JobBatch },
  problems: ['not-found'],
})

export const downloadPdfBatch = defineRoute({
  id: 'downloadPdfBatch',
  context,
  method: 'GET',
  path: '/v1/pdf/batches/:batchId/download',
  summary: 'The PDFs of a batch as one zip, a file for each device',
  description: 'Once no job of it is under way. Jobs that failed have no file in it.',
  permission: 'user',
  rateClass: 'read',
  params: BatchParams,
  answers: 'stream',
  responses: { 200: binary('application/zip') },
  problems: ['not-found', 'job-not-completed', 'result-expired'],
})

export const jobRoutes = [
  requestPdf,
  listPdfJobs,
  getPdfJob,
  downloadPdf,
  streamPdfJob,
  deletePdfJob,
  getPdfBatch,
  downloadPdfBatch,
] as const
