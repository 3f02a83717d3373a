import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Content } from '@atrium/platform/content/content.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { derivedId } from '@atrium/platform/identifier.ts'
import type { TaskLimits } from '../isolation/protocol.ts'
import type { Pool } from '../isolation/pool.ts'
import { isUnderWay } from '../job.ts'
import type { JobWatch } from '../job-watch.ts'
import type { Leased } from '../queue/leases.ts'
import { WorkerClosing } from '../queue/worker.ts'
import { tenantSourceId } from '../source.ts'
import { createJobWork, type JobWork } from './job-work.ts'
import { inputSha256Of, readPdfInput, todayOf, type PdfInput } from './pdf-input.ts'
import { createProgressNotes } from './progress-notes.ts'
import { renderAttempt, type AttemptOutcome } from './render-attempt.ts'
import { settleAttempt } from './settle-attempt.ts'
import { findStoredPdf, holdStoredPdf, type StoredPdfDeps } from './stored-pdf.ts'
import type { TaskAsset } from './task.ts'

export interface RenderJobDeps extends StoredPdfDeps {
  readonly store: EventStore
  readonly content: Content
  readonly blobs: BlobStore
  readonly pool: Pool
  readonly jobWatch: JobWatch
  /** The assets of these that the person may see; the others are left out. */
  readonly readAssets: ReadAssets
  readonly limits: TaskLimits
  readonly retentionMs: number
  readonly rendererVersion: string
  readonly measure: RenderMeasure
}

export type ReadAssets = (
  reader: { readonly tenant: string; readonly userId: string },
  assetIds: readonly string[],
  signal: AbortSignal,
) => Promise<readonly TaskAsset[]>

export interface RenderMeasure {
  started(waitedSeconds: number): void
  ended(outcome: AttemptOutcome['status'] | 'cached', seconds: number): void
}

/** Attempts whose process died with the service or the machine: more are no accident. */
const lapsesMax = 20

/** How the queue's worker handles a job: see `createQueueWorker`. */
export type HandleJob = (job: Leased, signal: AbortSignal) => Promise<'ended' | 'waits'>

/**
 * Brings one job on as far as it goes: takes the PDF that is stored already, or renders, stores and
 * completes. The job's stream has the last word at each step, so that an attempt which lost its
 * lease changes nothing any more; and what such an attempt stored is let go of.
 */
export function createRenderJob(deps: RenderJobDeps): HandleJob {
  return async (leased, signal) => {
    const { tenant, jobId } = leased
    const { state } = await deps.aggregates.jobs.load(tenant, jobId)
    if (!isUnderWay(state)) return 'ended'
    const work = await createJobWork(deps, leased, state.request)
    if (await endWithSource(deps, work)) return 'ended'
    const input = await readPdfInput(deps.content, tenant, state.request)
    const inputSha256 = inputSha256Of(state.request, input, deps.rendererVersion, now())
    if (await completeFromStore(deps, work, inputSha256)) return 'ended'

    const started = await work.handle({ type: 'StartRender', lapsesMax, at: now() })
    if (started.state.status !== 'processing') return 'ended'
    deps.measure.started(secondsSince(state.request.requestedAt))
    const { attempt } = started.state
    return await renderAndSettle(deps, work, { attempt, input, inputSha256, signal })
  }
}

/** What it is made from is deleted: then nobody waits for it. Whether that is so. */
async function endWithSource({ aggregates }: RenderJobDeps, work: JobWork): Promise<boolean> {
  const { projectId, instanceId } = work.request
  const ids = [projectId, instanceId, tenantSourceId].filter((id) => id !== undefined)
  const sources = await Promise.all(ids.map((id) => aggregates.sources.load(work.tenant, id)))
  const statuses = new Set(sources.map(({ state: { status } }) => status))
  if (statuses.has('removed')) await work.handle({ type: 'RemoveJob', at: now() })
  else if (statuses.has('hidden')) await work.handle({ type: 'CancelJob', at: now() })
  return statuses.has('removed') || statuses.has('hidden')
}

/** The same PDF was stored while the job waited. Whether that is so. */
async function completeFromStore(
  deps: RenderJobDeps,
  work: JobWork,
  inputSha256: string,
): Promise<boolean> {
  const { tenant, jobId, cause } = work
  const at = now()
  const found = await findStoredPdf(deps, tenant, inputSha256)
  const stored = await holdStoredPdf(deps, { resultId: found, jobId, at, cause: cause() })
  if (!stored) return false
  const { diagnostics, ...result } = stored
  const { resultId } = result
  const expiresAt = new Date(Date.parse(at) + deps.retentionMs).toISOString()
  const { state } = await work.handle({
    type: 'CompleteFromStore',
    result,
    diagnostics,
    expiresAt,
    at,
  })
  const isTaken = state.status === 'completed' && state.result.resultId === resultId
  if (isTaken) {
    deps.measure.ended('cached', 0)
  } else {
    const release = { type: 'ReleaseResult', resultId, jobId, at } as const
    await deps.aggregates.results.handle(resultId, release, cause())
  }
  return true
}

interface Rendering {
  readonly attempt: number
  readonly input: PdfInput
  readonly inputSha256: string
  readonly signal: AbortSignal
}

async function renderAndSettle(
  deps: RenderJobDeps,
  work: JobWork,
  rendering: Rendering,
): Promise<'ended' | 'waits'> {
  const { attempt, inputSha256, signal } = rendering
  const resultId = derivedId('res', work.tenant, work.jobId, String(attempt))
  const unwanted = watchUnwanted(deps.jobWatch, work, attempt)
  const ending = AbortSignal.any([signal, unwanted.signal])
  const startedAtMs = performance.now()
  try {
    const outcome = await render(deps, work, { ...rendering, resultId, signal: ending })
    deps.measure.ended(outcome.status, (performance.now() - startedAtMs) / 1_000)
    return await settleAttempt(deps.aggregates, work, outcome, {
      attempt,
      resultId,
      inputSha256,
      retentionMs: deps.retentionMs,
      isClosing: isClosing(signal),
    })
  } catch (error) {
    if (ending.aborted && !isClosing(signal)) return 'ended'
    // Something else is away; that is no fault of the job, and the attempt does not count.
    await work.handle({ type: 'ReturnJob', attempt, at: now() }).catch(() => undefined)
    if (ending.aborted) return 'waits'
    throw error
  } finally {
    unwanted.stop()
  }
}

async function render(
  deps: RenderJobDeps,
  { tenant, request, handle }: JobWork,
  { attempt, input, resultId, signal }: Rendering & { readonly resultId: string },
): Promise<AttemptOutcome> {
  const { limits } = deps
  const at = now()
  const reader = { tenant, userId: request.ownerId }
  const assets = await deps.readAssets(reader, input.assetIds, signal)
  const progress = createProgressNotes(async (page, pages) => {
    await handle({ type: 'NoteProgress', attempt, page, pages, at: now() })
  })
  const outcome = await renderAttempt(deps, {
    tenant,
    resultId,
    limits,
    onProgress: progress.note,
    signal,
    task: {
      kind: 'pdf',
      planner: input.planner,
      device: input.device,
      export: request.export,
      strict: request.strict,
      today: todayOf(request, at),
      createdAt: request.deterministic ? null : at,
      pagesMax: limits.pagesMax,
      assets,
    },
  })
  await progress.settled()
  return outcome
}

/** Raised when the job is no longer this attempt's to render: cancelled, removed, or another's. */
function watchUnwanted(jobWatch: JobWatch, { tenant, jobId }: JobWork, attempt: number) {
  const controller = new AbortController()
  const stop = jobWatch.watch({ tenant, jobId }, (job) => {
    const isWanted = job?.job.status === 'pending' || job?.job.status === 'processing'
    if (!isWanted || job.attempt > attempt) controller.abort(new Error('nobody waits for it'))
  })
  return { signal: controller.signal, stop }
}

const isClosing = ({ reason }: AbortSignal) => reason instanceof WorkerClosing

const now = () => new Date().toISOString()
const secondsSince = (at: string) => Math.max(0, (Date.now() - Date.parse(at)) / 1_000)
