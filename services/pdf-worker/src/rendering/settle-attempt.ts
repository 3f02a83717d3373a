import type { JobErrorCode, LimitHit } from '@atrium/contracts/pdf/schema.ts'
import type { Aggregates } from '../aggregates.ts'
import { isUnderWay } from '../job.ts'
import type { JobWork } from './job-work.ts'
import type { AttemptOutcome } from './render-attempt.ts'

export interface Settling {
  readonly attempt: number
  readonly resultId: string
  readonly inputSha256: string
  readonly retentionMs: number
  /** The service closes: an aborted render is to be made again by another. */
  readonly isClosing: boolean
}

/** Crashes of the render process after which the job is taken to be their reason. */
const crashesMax = 3
const causeLengthMax = 100

/** Says in the job's stream what became of the attempt; resolves with what the queue is to do. */
export async function settleAttempt(
  aggregates: Aggregates,
  work: JobWork,
  outcome: AttemptOutcome,
  settling: Settling,
): Promise<'ended' | 'waits'> {
  const { attempt, isClosing } = settling
  switch (outcome.status) {
    case 'rendered':
      await complete(aggregates, work, outcome, settling)
      return 'ended'
    case 'refused': {
      const { errorCode, errorMessage, limit, diagnostics } = outcome
      const failure = { errorCode, errorMessage, diagnostics, ...(limit ? { limit } : {}) }
      await work.handle({ ...failure, type: 'FailJob', attempt, at: now() })
      return 'ended'
    }
    case 'limit':
      await work.handle({ ...failureAt(outcome.hit), type: 'FailJob', attempt, at: now() })
      return 'ended'
    case 'crashed': {
      const cause = outcome.cause.slice(0, causeLengthMax)
      const { state } = await work.handle({
        type: 'NoteCrash',
        attempt,
        cause,
        crashesMax,
        at: now(),
      })
      return isUnderWay(state) ? 'waits' : 'ended'
    }
    case 'aborted':
      if (!isClosing) return 'ended' // by whoever cancelled it, or works on it now
      await work.handle({ type: 'ReturnJob', attempt, at: now() })
      return 'waits'
  }
}

/** Fenced: where the job has moved on, what was stored for it is let go of. */
async function complete(
  aggregates: Aggregates,
  work: JobWork,
  outcome: Extract<AttemptOutcome, { status: 'rendered' }>,
  { attempt, resultId, inputSha256, retentionMs }: Settling,
): Promise<void> {
  const { sizeBytes, pageCount, sha256, diagnostics } = outcome
  const { jobId, request, cause } = work
  const at = now()
  const stored = { resultId, sizeBytes, pageCount, sha256 }
  await aggregates.results.handle(
    resultId,
    {
      ...stored,
      type: 'StoreResult',
      ownerId: request.ownerId,
      jobId,
      attempt,
      inputSha256,
      diagnostics,
      at,
    },
    cause(),
  )
  const expiresAt = new Date(Date.parse(at) + retentionMs).toISOString()
  const { state } = await work.handle({
    type: 'CompleteJob',
    attempt,
    result: stored,
    diagnostics,
    expiresAt,
    at,
  })
  const isTaken = state.status === 'completed' && state.result.resultId === resultId
  if (!isTaken) {
    const release = { type: 'ReleaseResult', resultId, jobId, at } as const
    await aggregates.results.handle(resultId, release, cause())
  }
}

const codes: ReadonlyMap<string, JobErrorCode> = new Map([
  ['MAX_PDF_PAGES', 'page-limit-exceeded'],
  ['MAX_PDF_SIZE_MB', 'size-limit-exceeded'],
  ['MAX_PDF_MEMORY_MB', 'memory-limit-exceeded'],
  ['PDF_TIMEOUT_SECONDS', 'time-limit-exceeded'],
])

function failureAt(hit: LimitHit) {
  const { setting, limit, value, unit } = hit
  // A heap has an end of its own, a little before the whole of the memory has.
  const wanted = value > limit ? '' : ' and needed more'
  return {
    errorCode: codes.get(setting) ?? ('render-crashed' as const),
    errorMessage: `The render came to ${value} ${unit}${wanted}; ${setting} allows ${limit}`,
    limit: hit,
    diagnostics: [],
  }
}

const now = () => new Date().toISOString()
