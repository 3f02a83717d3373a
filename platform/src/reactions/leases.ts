import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Recorded } from '@atrium/contracts/cloud-event.ts'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import type { Poison } from './intake.ts'

/** The oldest row of an aggregate, which no other process works on while the lease lasts. */
export interface Leased {
  readonly reaction: string
  readonly event_id: string
  readonly stream: string
  readonly event: Recorded | Poison
  readonly attempts: number
  readonly lease: string
}

/** How long an aggregate stays with a process that died. */
const leaseMs = 6_000
const renewEveryMs = 2_000

/** One row each of at most so many aggregates that are due and with no process. */
export async function takeLeases(
  { owner }: Pick<Database, 'owner'>,
  reactions: readonly string[],
  limit: number,
): Promise<readonly Leased[]> {
  const lease = randomUUID()
  const { rows } = await owner.query<Omit<Leased, 'lease'>>(
    'select * from platform.lease_lanes($1, $2, $3, $4)',
    [reactions, lease, leaseMs, limit],
  )
  return rows.map((row) => ({ ...row, lease }))
}

/**
 * Renews the leases of whatever is under way at the time, until the signal. A lost lease is no
 * fault here: `settle` ignores the outcome of one that another took over.
 */
export async function keepLeases(
  { owner }: Pick<Database, 'owner'>,
  underWay: ReadonlyMap<unknown, Leased>,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delay(renewEveryMs, undefined, { signal }).catch(() => undefined)
    const held = [...underWay.values()]
    if (held.length === 0) continue
    await owner
      .query('select platform.renew_leases($1, $2, $3, $4)', [
        held.map(({ reaction }) => reaction),
        held.map(({ stream }) => stream),
        held.map(({ lease }) => lease),
        leaseMs,
      ])
      .catch((error: unknown) => logger.warn({ err: error }, 'leases were not renewed'))
  }
}
