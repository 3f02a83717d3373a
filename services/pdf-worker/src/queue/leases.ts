import { randomUUID } from 'node:crypto'
import type { Database } from '@atrium/platform/database/database.ts'

/** A job that no other process works on while the lease lasts. */
export interface Leased {
  readonly tenant: string
  readonly jobId: string
  readonly lease: string
}

/** How long a job stays with a process that died. */
export const leaseMs = 15_000

/** By then the read model shows that a job has ended; until then nobody takes it up again. */
const heldMs = 30_000

export interface TakeOptions {
  readonly limit: number
  /** Jobs of one owner that are rendered at once, by all processes together. */
  readonly atOnceMax: number
  /** The jobs that this process works on already, whatever their leases say. */
  readonly underWay: readonly string[]
}

type Owner = Pick<Database['owner'], 'query'>

/** The jobs whose turn it is, at most `limit`: fair among tenants, then among their owners. */
export async function takeLeases(owner: Owner, options: TakeOptions): Promise<readonly Leased[]> {
  const lease = randomUUID()
  const { rows } = await owner.query<{ tenant_id: string; job_id: string }>(
    'select tenant_id, job_id from queue.lease_jobs($1, $2, $3, $4, $5)',
    [lease, leaseMs, options.limit, options.atOnceMax, options.underWay],
  )
  return rows.map((row) => ({ tenant: row.tenant_id, jobId: row.job_id, lease }))
}

/** Renews the leases and resolves with those that are lost: another process has them now. */
export async function renewLeases(
  owner: Owner,
  held: readonly Leased[],
): Promise<readonly Leased[]> {
  if (held.length === 0) return []
  const { rows } = await owner.query<{ job_id: string }>(
    'select job_id from queue.renew_leases($1, $2, $3, $4)',
    [
      held.map(({ tenant }) => tenant),
      held.map(({ jobId }) => jobId),
      held.map(({ lease }) => lease),
      leaseMs,
    ],
  )
  const kept = new Set(rows.map((row) => row.job_id))
  return held.filter(({ jobId }) => !kept.has(jobId))
}

/** The job has ended, or waits again for whoever is free. Does nothing for a lease that is lost. */
export async function settleLease(
  owner: Owner,
  { tenant, jobId, lease }: Leased,
  ended: boolean,
): Promise<void> {
  await owner.query('select queue.settle_lease($1, $2, $3, $4, $5)', [
    tenant,
    jobId,
    lease,
    ended,
    heldMs,
  ])
}
