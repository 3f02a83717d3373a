import { Type } from 'typebox'
import { defineEvent, eventData, personal } from '../event.ts'
import { Timestamp, UserId } from '../schema.ts'
import { Diagnostic, JobId, ResultId, Sha256 } from './schema.ts'

// What jobs stand on: the owner's quota of a day (pdf.quota-<tenant>:<ownerId>.<day>), the stored
// PDFs (pdf.result-<tenant>:<resultId>), and whether a project or an instance is there
// (pdf.source-<tenant>:<id>).

const context = 'pdf'

const quota = {
  ownerId: UserId,
  day: Type.String({ format: 'date', description: 'In UTC.' }),
  jobIds: Type.Array(JobId, { minItems: 1, maxItems: 100 }),
}

export const jobsReserved = defineEvent({
  context,
  type: 'JobsReserved',
  visibility: 'private',
  summary: "Jobs take their places in the owner's quota of the day.",
  data: eventData({ ...quota, reservedAt: Timestamp }),
})

export const jobsReleased = defineEvent({
  context,
  type: 'JobsReleased',
  visibility: 'private',
  summary: 'Places are free again: those jobs never came to be.',
  data: eventData({ ...quota, releasedAt: Timestamp }),
})

export const resultStored = defineEvent({
  context,
  type: 'ResultStored',
  visibility: 'private',
  summary: 'A PDF lies in the blob store, held by the job that it was rendered for.',
  data: eventData({
    resultId: ResultId,
    ownerId: UserId,
    jobId: JobId,
    attempt: Type.Integer({ minimum: 1 }),
    /** Of everything that decides its bytes: the next job with the same gets this PDF. */
    inputSha256: Sha256,
    sizeBytes: Type.Integer({ minimum: 0 }),
    pageCount: Type.Integer({ minimum: 0 }),
    sha256: Sha256,
    diagnostics: personal(Type.Array(Diagnostic, { maxItems: 200 }), 'ownerId'),
    storedAt: Timestamp,
  }),
})

export const resultHeld = defineEvent({
  context,
  type: 'ResultHeld',
  visibility: 'private',
  summary: 'A further job needs the PDF.',
  data: eventData({ resultId: ResultId, jobId: JobId, heldAt: Timestamp }),
})

export const resultReleased = defineEvent({
  context,
  type: 'ResultReleased',
  visibility: 'private',
  summary: 'A job needs the PDF no more.',
  data: eventData({ resultId: ResultId, jobId: JobId, releasedAt: Timestamp }),
})

export const resultCondemned = defineEvent({
  context,
  type: 'ResultCondemned',
  visibility: 'private',
  summary: 'No job needs the PDF: none can take it any more, and its bytes may go.',
  data: eventData({ resultId: ResultId, condemnedAt: Timestamp }),
})

export const resultErased = defineEvent({
  context,
  type: 'ResultErased',
  visibility: 'private',
  summary: 'The bytes of a condemned PDF are gone.',
  data: eventData({ resultId: ResultId, erasedAt: Timestamp }),
})

const source = {
  /** A project, an instance, or `tenant` for all that the tenant has. */
  sourceId: Type.String({ pattern: '^((prj|ins)_[0-9a-f]{32}|tenant)$' }),
  kind: Type.Enum(['project', 'instance', 'tenant']),
}

export const sourceHidden = defineEvent({
  context,
  type: 'SourceHidden',
  visibility: 'private',
  summary: 'It is deleted: what was made from it is not shown.',
  data: eventData({ ...source, hiddenAt: Timestamp }),
})

export const sourceShown = defineEvent({
  context,
  type: 'SourceShown',
  visibility: 'private',
  summary: 'It is back, and with it what was made from it.',
  data: eventData({ ...source, shownAt: Timestamp }),
})

export const sourceRemoved = defineEvent({
  context,
  type: 'SourceRemoved',
  visibility: 'private',
  summary: 'It is gone for good, and what was made from it goes too.',
  data: eventData({ ...source, removedAt: Timestamp }),
})

export const quotaEvents = [jobsReserved, jobsReleased] as const
export const resultEvents = [
  resultStored,
  resultHeld,
  resultReleased,
  resultCondemned,
  resultErased,
] as const
export const sourceEvents = [sourceHidden, sourceShown, sourceRemoved] as const
