import type { Cause } from '@atrium/platform/decider/cause.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Aggregates } from '../aggregates.ts'
import { dayOf, type QuotaState } from '../quota.ts'

export interface Reservation {
  readonly ownerId: string
  readonly jobIds: readonly string[]
  readonly jobsMax: number
  readonly at: string
}

/** Longer than any request: a place that is older has its job, or will never have one. */
const abandonedAfterMs = 120_000

/**
 * Takes places in the owner's quota of the day, all or none. Before it refuses, it frees the places
 * of requests that ended between reserving and asking, so that a crash costs nobody a job. Throws
 * Rejection `quota-exceeded`.
 */
export async function reserveJobs(
  aggregates: Aggregates,
  reservation: Reservation,
  cause: Cause,
): Promise<void> {
  const { ownerId, at } = reservation
  const day = dayOf(at)
  const id = `${ownerId}.${day}`
  const reserve = { ...reservation, type: 'ReserveJobs', day } as const
  try {
    await aggregates.quotas.handle(id, reserve, partOf(cause, 'reserve'))
  } catch (error) {
    if (!(error instanceof Rejection) || error.code !== 'quota-exceeded') throw error
    const { state } = await aggregates.quotas.load(cause.tenant, id)
    const jobIds = await findAbandoned(aggregates, cause.tenant, state, at)
    if (jobIds.length === 0) throw error
    const release = { type: 'ReleaseJobs', ownerId, day, jobIds, at } as const
    await aggregates.quotas.handle(id, release, partOf(cause, 'release'))
    await aggregates.quotas.handle(id, reserve, partOf(cause, 'reserve'))
  }
}

async function findAbandoned(
  { jobs }: Aggregates,
  tenant: string,
  { reservedAt }: QuotaState,
  at: string,
): Promise<string[]> {
  const old = [...reservedAt].filter(
    ([, since]) => Date.parse(at) - Date.parse(since) > abandonedAfterMs,
  )
  const versions = await Promise.all(
    old.map(async ([jobId]) => [jobId, (await jobs.load(tenant, jobId)).version] as const),
  )
  return versions.flatMap(([jobId, version]) => (version === 0 ? [jobId] : []))
}
