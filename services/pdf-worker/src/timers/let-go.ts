import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import { derivedCommandId } from '@atrium/platform/identifier.ts'
import type { Aggregates } from '../aggregates.ts'
import { listExpiring, listStrayJobs, type StrayJob } from '../projections/job-list/query.ts'
import {
  listCondemned,
  listIdleHolds,
  type Holding,
  type ResultKey,
} from '../projections/result-list/query.ts'
import {
  listOrphanedPublications,
  listRetiredPublications,
  type PublicationKey,
} from '../projections/publication-list/query.ts'
import { dropAssets } from '../gallery/kept-assets.ts'
import { resultKey } from '../rendering/render-attempt.ts'

export interface LetGoDeps {
  readonly aggregates: Aggregates
  /** Across tenants: the timer's role, not the routes'. */
  readonly database: Pick<Database, 'owner'>
  readonly blobs: BlobStore
}

/** Of each kind, in one round; what is left over waits for the next. */
const roundMax = 500
/** A hold whose job is not there may be about to get it: its request is still under way. */
const youngMs = 120_000

export interface LetGo {
  readonly expired: number
  /** Cancelled or removed, as what they are made from was deleted. */
  readonly followed: number
  readonly released: number
  /** Publications whose project is gone for good; and those whose bytes went. */
  readonly withdrawn: number
  readonly dropped: number
  readonly erased: number
}

/**
 * Lets go of what nobody needs any more: PDFs whose time has passed, jobs whose project is deleted,
 * holds of jobs that ended otherwise, bytes that no job holds. Each step asks the stream that
 * decides it, so that any replica may do it, at the same time as another. One that fails keeps no
 * other from its turn; then an AggregateError tells all. Resolves with undefined where there was
 * nothing to let go.
 */
export async function letGo(deps: LetGoDeps, at: string): Promise<LetGo | undefined> {
  const { owner } = deps.database
  const faults: unknown[] = []
  async function each<Item>(items: readonly Item[], act: (item: Item) => Promise<unknown>) {
    for (const item of items) await act(item).catch((fault: unknown) => faults.push(fault))
    return items.length
  }

  const expiring = await listExpiring(owner, { at, limit: roundMax })
  const expired = await each(expiring, ({ tenant, jobId }) =>
    deps.aggregates.jobs.handle(jobId, { type: 'ExpireJob', at }, causeOf(tenant, at, jobId)),
  )
  const stray = await listStrayJobs(owner, { limit: roundMax })
  const followed = await each(stray, (job) => follow(deps.aggregates, job, at))
  const idle = await listIdleHolds(owner, { limit: roundMax })
  const released = await each(idle, (holding) => release(deps, holding, at))
  const orphaned = await listOrphanedPublications(owner, { limit: roundMax })
  const withdrawn = await each(orphaned, (publication) => withdraw(deps, publication, at))
  const retired = await listRetiredPublications(owner, { limit: roundMax })
  const dropped = await each(retired, (publication) => drop(deps, publication, at))
  const condemned = await listCondemned(owner, { limit: roundMax })
  const erased = await each(condemned, (result) => erase(deps, result, at))
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} were not let go`)
  const done = { expired, followed, released, withdrawn, dropped, erased }
  return Object.values(done).some((count) => count > 0) ? done : undefined
}

/** Brings a job where its source is: cancelled with a deleted one, removed with a purged one. */
export async function follow({ jobs }: Aggregates, job: StrayJob, at: string): Promise<void> {
  const { tenant, jobId, removed } = job
  const command = { type: removed ? 'RemoveJob' : 'CancelJob', at } as const
  await jobs.handle(jobId, command, causeOf(tenant, at, command.type, jobId))
}

/** The read model said that nothing needs it; the job itself has the last word. */
async function release({ aggregates }: LetGoDeps, holding: Holding, at: string): Promise<void> {
  const { tenant, resultId, jobId, heldAt } = holding
  const { state } = await aggregates.jobs.load(tenant, jobId)
  if (state.status === 'none' && Date.parse(at) - heldAt.getTime() < youngMs) return
  if (state.status === 'completed' && !state.expired && state.result.resultId === resultId) return
  if (state.status === 'processing' || state.status === 'pending') {
    const { state: stored } = await aggregates.results.load(tenant, resultId)
    const isOfThisAttempt = stored.status === 'stored' && stored.attempt >= state.attempt
    if (isOfThisAttempt) return // about to be completed with it
  }
  const command = { type: 'ReleaseResult', resultId, jobId, at } as const
  await aggregates.results.handle(resultId, command, causeOf(tenant, at, resultId, jobId))
}

/** Only what its own stream condemned: from then on no job can take it. */
async function erase({ aggregates, blobs }: LetGoDeps, result: ResultKey, at: string) {
  const { tenant, resultId } = result
  const { state } = await aggregates.results.load(tenant, resultId)
  if (state.status !== 'condemned') return
  await blobs.remove(resultKey(tenant, resultId))
  const command = { type: 'NoteErased', resultId, at } as const
  await aggregates.results.handle(resultId, command, causeOf(tenant, at, resultId))
}

async function withdraw({ aggregates }: LetGoDeps, publication: PublicationKey, at: string) {
  const { tenant, publicationId, slug } = publication
  const command = { type: 'WithdrawPlanner', publicationId, at } as const
  await aggregates.listings.handle(slug, command, causeOf(tenant, at, 'withdraw', publicationId))
}

/** Nobody can ask for a copy any more, and none is under way. */
async function drop({ aggregates, blobs }: LetGoDeps, publication: PublicationKey, at: string) {
  const { tenant, publicationId, slug, assetIds } = publication
  const { state } = await aggregates.listings.load(tenant, slug)
  if (!state.retired.has(publicationId)) return
  await dropAssets(blobs, tenant, publicationId, assetIds)
  const command = { type: 'NoteErased', publicationId, at } as const
  await aggregates.listings.handle(slug, command, causeOf(tenant, at, 'drop', publicationId))
}

function causeOf(tenant: string, at: string, ...what: readonly string[]): Cause {
  const commandId = derivedCommandId('let-go', tenant, ...what, at)
  return { tenant, actor: { service: 'pdf' }, correlationId: commandId, commandId }
}
