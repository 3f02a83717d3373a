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

/** The id of the PDF of the same input, as far as the read model knows it. */
export const findStoredPdf = (
  { database }: Pick<StoredPdfDeps, 'database'>,
  tenant: string,
  inputSha256: string,
): Promise<string | undefined> => findResult(database.owner, tenant, inputSha256)

export interface FoundPdf {
  /** Of `findStoredPdf`. */
  readonly resultId: string | undefined
  readonly jobId: string
  readonly at: string
  readonly cause: Cause
}

/**
 * A PDF that was found, held for the job from now on; undefined where there is none. One that is
 * condemned in between is none: the job renders anew.
 */
export async function holdStoredPdf(
  { aggregates }: Pick<StoredPdfDeps, 'aggregates'>,
  { resultId, jobId, at, cause }: FoundPdf,
): Promise<(StoredPdf & { readonly diagnostics: readonly Diagnostic[] }) | undefined> {
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
