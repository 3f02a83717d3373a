import type { Diagnostic } from '@atrium/contracts/pdf/schema.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Aggregates } from '../aggregates.ts'
import type { StoredPdf } from '../job.ts'
import { findResult } from '../projections/result-list/query.ts'

export interface StoredPdfDeps {
  readonly aggregates: Aggregates
  readonly database: Pick<Database, 'owner'>
}

export interface WantedPdf {
  readonly tenant: string
  readonly jobId: string
  readonly inputSha256: string
  readonly at: string
  readonly cause: Cause
}

/**
 * The PDF of the same input, held for the job from now on; undefined where there is none. One that
 * is condemned in between is none: the job renders anew.
 */
export async function holdStoredPdf(
  { aggregates, database }: StoredPdfDeps,
  { tenant, jobId, inputSha256, at, cause }: WantedPdf,
): Promise<(StoredPdf & { readonly diagnostics: readonly Diagnostic[] }) | undefined> {
  const resultId = await findResult(database.owner, tenant, inputSha256)
  if (resultId === undefined) return undefined
  const hold = { type: 'HoldResult', resultId, jobId, at } as const
  try {
    const { state } = await aggregates.results.handle(resultId, hold, cause)
    if (state.status !== 'stored') return undefined
    const { sizeBytes, pageCount, sha256, diagnostics } = state
    return { resultId, sizeBytes, pageCount, sha256, diagnostics }
  } catch (error) {
    if (error instanceof Rejection && error.code === 'not-found') return undefined
    throw error
  }
}
