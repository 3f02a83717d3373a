import type { Pool } from 'pg'
import type { Outcome } from './settlement.ts'

/** An event that its reaction could not handle, and that holds its aggregate's later ones. */
export interface ParkedEvent {
  readonly reaction: string
  readonly eventId: string
  readonly source: string
  readonly tenant: string
  readonly stream: string
  readonly position: number
  readonly attempts: number
  /** The last error, its kind and message. */
  readonly fault: string
  /** RFC 3339, UTC. */
  readonly receivedAt: string
  /** Later events of the aggregate that wait behind it. */
  readonly waiting: number
}

/** Names one parked event. */
export interface ParkedKey {
  readonly reaction: string
  readonly eventId: string
}

const listedMax = 1_000

const columns = `reaction, event_id as "eventId", source, tenant_id as tenant, stream,
  position::float8 as position, attempts, coalesce(fault, '') as fault,
  to_char(received_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "receivedAt",
  (select count(*)::int from platform.inbox w
    where w.reaction = i.reaction and w.stream = i.stream and w.status = 'open') as waiting`

/** The parked events of a context, those received first at the top. */
export async function listParked(pool: Pool, limit = listedMax): Promise<ParkedEvent[]> {
  const { rows } = await pool.query<ParkedEvent>(
    `select ${columns} from platform.inbox i where status = 'parked'
     order by received_at, event_id limit $1`,
    [Math.min(limit, listedMax)],
  )
  return rows
}

/** One parked event with its content (personal data too), or undefined where it is not parked. */
export async function showParked(
  pool: Pool,
  { reaction, eventId }: ParkedKey,
): Promise<(ParkedEvent & { readonly event: unknown }) | undefined> {
  const { rows } = await pool.query<ParkedEvent & { event: unknown }>(
    `select ${columns}, event from platform.inbox i
     where status = 'parked' and reaction = $1 and event_id::text = $2`,
    [reaction, eventId],
  )
  return rows[0]
}

/** Has it tried again from its first attempt; what waits behind it follows in order. */
export const retryParked = (pool: Pool, key: ParkedKey): Promise<boolean> =>
  settleParked(pool, key, 'open')

/** Gives it up for good; what waits behind it follows in order. */
export const dropParked = (pool: Pool, key: ParkedKey): Promise<boolean> =>
  settleParked(pool, key, 'dropped')

/** False where the event is not parked (any more). */
async function settleParked(pool: Pool, key: ParkedKey, status: 'open' | 'dropped') {
  const parked = await showParked(pool, key)
  if (!parked) return false
  const { reaction, eventId, stream, attempts, fault } = parked
  const outcome: Outcome = {
    reaction,
    stream,
    event_id: eventId,
    lease: null,
    status,
    attempts: status === 'open' ? 0 : attempts,
    ...(status === 'dropped' ? { fault } : {}),
  }
  await pool.query('select platform.settle($1)', [JSON.stringify([outcome])])
  return true
}
