import { Type } from 'typebox'
import { defineEvent, eventData, personal } from '../event.ts'
import { InstanceId, ProjectId, Timestamp, UserId } from '../schema.ts'
import {
  BatchId,
  DeviceName,
  Diagnostic,
  ExportMode,
  JobErrorCode,
  JobId,
  LimitHit,
  ResultId,
  Sha256,
} from './schema.ts'

// A job's events are in its own stream, pdf.job-<tenant>:<jobId>. What a public one says of the
// document is counts and hashes; what was found in it stays in private ones.

const context = 'pdf'
const job = { jobId: JobId, ownerId: UserId }
const Attempt = Type.Integer({ minimum: 1, description: 'Counts the renders that were begun.' })
const Pages = Type.Integer({ minimum: 0 })

export const pdfRequested = defineEvent({
  context,
  type: 'PdfRequested',
  visibility: 'public',
  summary: 'A planner is to become a PDF for a device; from now on the job is not lost.',
  data: eventData({
    ...job,
    batchId: Type.Optional(BatchId),
    /** Where the planner was read from; absent for one that was sent along. */
    projectId: Type.Optional(ProjectId),
    instanceId: Type.Optional(InstanceId),
    title: personal(Type.String(), 'ownerId'),
    device: DeviceName,
    /** The planner and the device's profile as they were then, in the content table. */
    projectSha256: Sha256,
    profileSha256: Sha256,
    pages: Pages,
    strict: Type.Boolean(),
    deterministic: Type.Boolean(),
    export: ExportMode,
    requestedAt: Timestamp,
  }),
})

export const pdfStarted = defineEvent({
  context,
  type: 'PdfStarted',
  visibility: 'public',
  summary: 'A process renders the PDF. A further attempt makes the one before it void.',
  data: eventData({ ...job, attempt: Attempt, startedAt: Timestamp }),
})

export const pdfProgressed = defineEvent({
  context,
  type: 'PdfProgressed',
  visibility: 'public',
  summary: 'So many pages are drawn. Told now and then, not for every page.',
  data: eventData({
    ...job,
    attempt: Attempt,
    page: Pages,
    pages: Pages,
    progressedAt: Timestamp,
  }),
})

export const pdfReturned = defineEvent({
  context,
  type: 'PdfReturned',
  visibility: 'private',
  summary: 'The job waits again: the service that rendered it is closing.',
  data: eventData({ ...job, attempt: Attempt, returnedAt: Timestamp }),
})

export const pdfCrashed = defineEvent({
  context,
  type: 'PdfCrashed',
  visibility: 'private',
  summary: 'The process that rendered it ended without an answer; the job waits again.',
  data: eventData({
    ...job,
    attempt: Attempt,
    /** An exit status or a signal; nothing of the document. */
    cause: Type.String({ maxLength: 100 }),
    crashedAt: Timestamp,
  }),
})

export const pdfDiagnosed = defineEvent({
  context,
  type: 'PdfDiagnosed',
  visibility: 'private',
  summary: 'What compiling, rendering and verifying found.',
  data: eventData({
    ...job,
    attempt: Type.Integer({ minimum: 0 }),
    diagnostics: personal(Type.Array(Diagnostic, { maxItems: 200 }), 'ownerId'),
    diagnosedAt: Timestamp,
  }),
})

export const pdfCompleted = defineEvent({
  context,
  type: 'PdfCompleted',
  visibility: 'public',
  summary: 'The PDF is stored and can be downloaded until expiresAt.',
  data: eventData({
    ...job,
    /** 0: no render was begun, since the same PDF was stored already. */
    attempt: Type.Integer({ minimum: 0 }),
    resultId: ResultId,
    sizeBytes: Type.Integer({ minimum: 0 }),
    pageCount: Pages,
    sha256: Sha256,
    cached: Type.Boolean(),
    completedAt: Timestamp,
    expiresAt: Timestamp,
  }),
})

export const pdfFailed = defineEvent({
  context,
  type: 'PdfFailed',
  visibility: 'public',
  summary: 'There will be no PDF. The code says why, and the limit that was met, if one was.',
  data: eventData({
    ...job,
    attempt: Type.Integer({ minimum: 0 }),
    errorCode: JobErrorCode,
    errorMessage: Type.String({ maxLength: 500 }),
    limit: Type.Optional(LimitHit),
    failedAt: Timestamp,
  }),
})

export const pdfCancelled = defineEvent({
  context,
  type: 'PdfCancelled',
  visibility: 'public',
  summary: 'Nobody wants the PDF any more.',
  data: eventData({
    ...job,
    reason: Type.Union([Type.Literal('requested'), Type.Literal('project-deleted')]),
    cancelledAt: Timestamp,
  }),
})

export const pdfExpired = defineEvent({
  context,
  type: 'PdfExpired',
  visibility: 'public',
  summary: 'The time of the PDF has passed; the job stays, its bytes do not.',
  data: eventData({ ...job, expiredAt: Timestamp }),
})

export const pdfRemoved = defineEvent({
  context,
  type: 'PdfRemoved',
  visibility: 'private',
  summary: 'The job is shown no more, and what it held is released.',
  data: eventData({
    ...job,
    reason: Type.Union([Type.Literal('requested'), Type.Literal('purged')]),
    removedAt: Timestamp,
  }),
})

export const jobEvents = [
  pdfRequested,
  pdfStarted,
  pdfProgressed,
  pdfReturned,
  pdfCrashed,
  pdfDiagnosed,
  pdfCompleted,
  pdfFailed,
  pdfCancelled,
  pdfExpired,
  pdfRemoved,
] as const
