import type { EventOf } from '@atrium/contracts/event.ts'
import type { JobEvent } from '@atrium/contracts/pdf/events.ts'
import type { pdfRequested } from '@atrium/contracts/pdf/job-events.ts'
import type { Diagnostic, JobErrorCode, LimitHit } from '@atrium/contracts/pdf/schema.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * A job: one planner, to become a PDF for one device. Its stream decides what became of it, whoever
 * renders: an attempt that began is void as soon as a further one begins, so a late finisher can
 * neither complete the job twice nor fail it.
 */

/** What was asked for, as it was then. */
export type JobRequest = EventOf<typeof pdfRequested>['data']

interface Asked {
  readonly request: JobRequest
  /** The newest render that began; 0 before the first. */
  readonly attempt: number
  /** Renders whose process ended without an answer. */
  readonly crashes: number
  /** Renders of which nothing more was heard, since their service ended. */
  readonly lapses: number
  readonly page: number
  readonly pages: number
  readonly startedAt: string | undefined
  readonly diagnostics: readonly Diagnostic[]
}

export interface PendingJob extends Asked {
  readonly status: 'pending'
}

export interface ProcessingJob extends Asked {
  readonly status: 'processing'
}

export interface CompletedJob extends Asked {
  readonly status: 'completed'
  readonly result: StoredPdf
  readonly cached: boolean
  readonly completedAt: string
  readonly expiresAt: string
  /** Its bytes are let go. */
  readonly expired: boolean
}

export interface FailedJob extends Asked {
  readonly status: 'failed'
  readonly errorCode: JobErrorCode
  readonly errorMessage: string
  readonly limit: LimitHit | undefined
  readonly completedAt: string
}

export interface CancelledJob extends Asked {
  readonly status: 'cancelled'
  readonly completedAt: string
}

export type ShownJob = PendingJob | ProcessingJob | CompletedJob | FailedJob | CancelledJob

export type JobState = ShownJob | { readonly status: 'none' } | { readonly status: 'removed' }

/** A PDF in the blob store. */
export interface StoredPdf {
  readonly resultId: string
  readonly sizeBytes: number
  readonly pageCount: number
  readonly sha256: string
}

export type JobCommand =
  | RequestJob
  | StartRender
  | NoteProgress
  | ReturnJob
  | NoteCrash
  | CompleteJob
  | CompleteFromStore
  | FailJob
  | CancelJob
  | DeleteJob
  | ExpireJob
  | RemoveJob

interface Command {
  readonly at: string
}

interface OfAttempt extends Command {
  readonly attempt: number
}

export interface RequestJob extends Command {
  readonly type: 'RequestJob'
  readonly request: JobRequest
  /** The same PDF, stored already and held for this job. */
  readonly stored?: StoredPdf & {
    readonly diagnostics: readonly Diagnostic[]
    readonly expiresAt: string
  }
}

/** Begins the next attempt. Does nothing for a job that has ended. */
export interface StartRender extends Command {
  readonly type: 'StartRender'
  /** Where so many were never heard of again, the job is what ends their services. */
  readonly lapsesMax: number
}

export interface NoteProgress extends OfAttempt {
  readonly type: 'NoteProgress'
  readonly page: number
  readonly pages: number
}

/** The service closes before the render has ended; that is no fault of the job. */
export interface ReturnJob extends OfAttempt {
  readonly type: 'ReturnJob'
}

export interface NoteCrash extends OfAttempt {
  readonly type: 'NoteCrash'
  readonly cause: string
  /** The crash that is one too many fails the job. */
  readonly crashesMax: number
}

export interface CompleteJob extends OfAttempt {
  readonly type: 'CompleteJob'
  readonly result: StoredPdf
  readonly diagnostics: readonly Diagnostic[]
  readonly expiresAt: string
}

/** The same PDF was stored while the job waited. */
export interface CompleteFromStore extends Command {
  readonly type: 'CompleteFromStore'
  readonly result: StoredPdf
  readonly diagnostics: readonly Diagnostic[]
  readonly expiresAt: string
}

export interface FailJob extends OfAttempt {
  readonly type: 'FailJob'
  readonly errorCode: JobErrorCode
  readonly errorMessage: string
  readonly limit?: LimitHit
  readonly diagnostics: readonly Diagnostic[]
}

/** Its project is gone. Does nothing for a job that has ended. */
export interface CancelJob extends Command {
  readonly type: 'CancelJob'
}

/** Its owner wants it no more: cancels what is under way, removes what has ended. */
export interface DeleteJob extends Command {
  readonly type: 'DeleteJob'
  readonly ownerId: string
}

export interface ExpireJob extends Command {
  readonly type: 'ExpireJob'
}

/** What it was made from is gone for good. */
export interface RemoveJob extends Command {
  readonly type: 'RemoveJob'
}

export const job: Decider<JobState, JobCommand, JobEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

export const isUnderWay = (state: JobState): state is PendingJob | ProcessingJob =>
  state.status === 'pending' || state.status === 'processing'

export const isShown = (state: JobState): state is ShownJob =>
  state.status !== 'none' && state.status !== 'removed'

function decide(command: JobCommand, state: JobState): readonly JobEvent[] {
  switch (command.type) {
    case 'RequestJob':
      return request(command, state)
    case 'StartRender':
      return start(command, state)
    case 'NoteProgress':
      return progress(command, state)
    case 'ReturnJob':
      return giveBack(command, state)
    case 'NoteCrash':
      return crash(command, state)
    case 'CompleteJob':
      return isCurrent(command, state) ? completed(command, state, state.attempt, false) : []
    case 'CompleteFromStore':
      return isUnderWay(state) ? completed(command, state, state.attempt, true) : []
    case 'FailJob':
      return isCurrent(command, state) ? failed(command, state) : []
    case 'CancelJob':
      return isUnderWay(state) ? [cancelled(state, 'project-deleted', command.at)] : []
    case 'DeleteJob':
      return remove(command, state)
    case 'ExpireJob':
      return expire(command, state)
    case 'RemoveJob':
      return isShown(state) ? [removed(state, 'purged', command.at)] : []
  }
}

function request({ request: asked, stored, at }: RequestJob, state: JobState): JobEvent[] {
  if (state.status !== 'none') return []
  const requested: JobEvent = { type: 'PdfRequested', data: asked }
  if (!stored) return [requested]
  const { diagnostics, expiresAt, ...result } = stored
  return [
    requested,
    ...completed({ result, diagnostics, expiresAt, at }, { request: asked }, 0, true),
  ]
}

function start({ lapsesMax, at }: StartRender, state: JobState): JobEvent[] {
  if (!isUnderWay(state)) return []
  if (state.status === 'processing' && state.lapses + 1 >= lapsesMax) {
    return failed({ ...crashFailure, attempt: state.attempt, at }, state)
  }
  return [
    { type: 'PdfStarted', data: { ...keys(state), attempt: state.attempt + 1, startedAt: at } },
  ]
}

function progress({ attempt, page, pages, at }: NoteProgress, state: JobState): JobEvent[] {
  if (!isCurrent({ attempt }, state) || page <= state.page) return []
  return [
    { type: 'PdfProgressed', data: { ...keys(state), attempt, page, pages, progressedAt: at } },
  ]
}

function giveBack({ attempt, at }: ReturnJob, state: JobState): JobEvent[] {
  if (!isCurrent({ attempt }, state)) return []
  return [{ type: 'PdfReturned', data: { ...keys(state), attempt, returnedAt: at } }]
}

function crash(command: NoteCrash, state: JobState): JobEvent[] {
  const { attempt, cause, crashesMax, at } = command
  if (!isCurrent(command, state)) return []
  if (state.crashes + 1 >= crashesMax) return failed({ ...crashFailure, attempt, at }, state)
  return [{ type: 'PdfCrashed', data: { ...keys(state), attempt, cause, crashedAt: at } }]
}

const crashFailure = {
  errorCode: 'render-crashed',
  errorMessage: 'The process that renders this planner ends each time without an answer',
  diagnostics: [],
} as const

function remove({ ownerId, at }: DeleteJob, state: JobState): JobEvent[] {
  if (!isShown(state) || state.request.ownerId !== ownerId) throw new Rejection('not-found')
  if (isUnderWay(state)) return [cancelled(state, 'requested', at)]
  return [removed(state, 'requested', at)]
}

function expire({ at }: ExpireJob, state: JobState): JobEvent[] {
  if (state.status !== 'completed' || state.expired) return []
  if (Date.parse(state.expiresAt) > Date.parse(at)) return []
  return [{ type: 'PdfExpired', data: { ...keys(state), expiredAt: at } }]
}

/** Whether that attempt still is the one that counts. */
const isCurrent = (
  { attempt }: { readonly attempt: number },
  state: JobState,
): state is ProcessingJob => state.status === 'processing' && state.attempt === attempt

function completed(
  ended: Pick<CompleteJob, 'result' | 'diagnostics' | 'expiresAt' | 'at'>,
  state: Pick<Asked, 'request'>,
  attempt: number,
  cached: boolean,
): JobEvent[] {
  const { resultId, sizeBytes, pageCount, sha256 } = ended.result
  const { at, expiresAt } = ended
  const outcome = { resultId, sizeBytes, pageCount, sha256, cached }
  return [
    ...diagnosed(ended, state, attempt),
    {
      type: 'PdfCompleted',
      data: { ...keys(state), attempt, ...outcome, completedAt: at, expiresAt },
    },
  ]
}

function failed(failure: Omit<FailJob, 'type'>, state: Asked): JobEvent[] {
  const { attempt, errorCode, errorMessage, limit, at } = failure
  return [
    ...diagnosed(failure, state, attempt),
    {
      type: 'PdfFailed',
      data: {
        ...keys(state),
        attempt,
        errorCode,
        errorMessage,
        ...(limit ? { limit } : {}),
        failedAt: at,
      },
    },
  ]
}

function diagnosed(
  { diagnostics, at }: { readonly diagnostics: readonly Diagnostic[]; readonly at: string },
  state: Pick<Asked, 'request'>,
  attempt: number,
): JobEvent[] {
  if (diagnostics.length === 0) return []
  const data = { ...keys(state), attempt, diagnostics: [...diagnostics], diagnosedAt: at }
  return [{ type: 'PdfDiagnosed', data }]
}

const cancelled = (
  state: Asked,
  reason: 'requested' | 'project-deleted',
  at: string,
): JobEvent => ({ type: 'PdfCancelled', data: { ...keys(state), reason, cancelledAt: at } })

const removed = (state: Asked, reason: 'requested' | 'purged', at: string): JobEvent => ({
  type: 'PdfRemoved',
  data: { ...keys(state), reason, removedAt: at },
})

const keys = ({ request: { jobId, ownerId } }: Pick<Asked, 'request'>) => ({ jobId, ownerId })

function evolve(state: JobState, event: JobEvent): JobState {
  if (event.type === 'PdfRequested') {
    return {
      status: 'pending',
      request: event.data,
      attempt: 0,
      crashes: 0,
      lapses: 0,
      page: 0,
      pages: event.data.pages,
      startedAt: undefined,
      diagnostics: [],
    }
  }
  return isShown(state) ? next(state, event) : state
}

function next(state: ShownJob, event: Exclude<JobEvent, { type: 'PdfRequested' }>): JobState {
  const asked = askedOf(state)
  switch (event.type) {
    case 'PdfStarted': {
      const { attempt, startedAt } = event.data
      const lapses = asked.lapses + (state.status === 'processing' ? 1 : 0)
      return { ...asked, status: 'processing', attempt, startedAt, page: 0, lapses }
    }
    case 'PdfProgressed':
      return { ...asked, status: 'processing', page: event.data.page, pages: event.data.pages }
    case 'PdfReturned':
      return { ...asked, status: 'pending', page: 0 }
    case 'PdfCrashed':
      return { ...asked, status: 'pending', page: 0, crashes: asked.crashes + 1 }
    case 'PdfDiagnosed':
      return { ...state, diagnostics: event.data.diagnostics }
    case 'PdfCompleted': {
      const { resultId, sizeBytes, pageCount, sha256 } = event.data
      const { cached, completedAt, expiresAt } = event.data
      const result = { resultId, sizeBytes, pageCount, sha256 }
      const progressed = { page: pageCount, pages: pageCount }
      const ended = { result, cached, completedAt, expiresAt, expired: false }
      return { ...asked, ...progressed, ...ended, status: 'completed' }
    }
    case 'PdfFailed': {
      const { errorCode, errorMessage, limit, failedAt } = event.data
      return { ...asked, status: 'failed', errorCode, errorMessage, limit, completedAt: failedAt }
    }
    case 'PdfCancelled':
      return { ...asked, status: 'cancelled', completedAt: event.data.cancelledAt }
    case 'PdfExpired':
      return state.status === 'completed' ? { ...state, expired: true } : state
    case 'PdfRemoved':
      return { status: 'removed' }
  }
}

function askedOf(state: ShownJob): Asked {
  const { request: asked, attempt, crashes, lapses, page, pages, startedAt, diagnostics } = state
  return { request: asked, attempt, crashes, lapses, page, pages, startedAt, diagnostics }
}
