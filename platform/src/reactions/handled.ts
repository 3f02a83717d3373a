import { setTimeout as delay } from 'node:timers/promises'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { Database } from '../database/database.ts'
import { Rejection } from '../rejection.ts'
import type { Wakeups } from '../database/wakeups.ts'

export interface HandledPoint {
  readonly source: Context
  /** Of the source's store: the last public event that must have been handled. */
  readonly publicPosition: number
  readonly tenant: string
  readonly timeoutMs: number
}

/**
 * Resolves when every reaction of this context to the source has handled what it had to do for the
 * tenant up to that position, in whichever process, with how far they have written in this
 * context's own store: for any event, and as the public position, for the one at that position
 * alone, so that a reader who goes on to a third context waits for nobody else's. What is parked,
 * or waits behind something parked, holds up only readers of exactly that position: one broken
 * aggregate must not blind a tenant. Throws Rejection `not-yet-consistent` after the time.
 */
export type WaitHandled = (point: HandledPoint) => Promise<ConsistencyPoint>

/** For a change that was not told, because the listening connection was just lost. */
const safetyPollMs = 1_000
/** Between two looks of one waiter, however many changes are told. */
const lookPauseMs = 3

const sql = `
  select
    (select count(*) from platform.reaction_progress p
      where p.source = $1 and p.reaction = any ($2) and p.cursor >= $3) = cardinality($2::text[])
    and not exists (
      select from platform.inbox i
      where i.source = $1 and i.tenant_id = $4 and i.position <= $3
        and i.status in ('open', 'parked') and i.reaction = any ($2)
        and (i.position = $3 or i.status = 'open' and not exists (
          select from platform.inbox h
          where h.reaction = i.reaction and h.stream = i.stream and h.position < i.position
            and h.status = 'parked'
        ))
    ) as handled,
    (select max(written_position) from platform.inbox w
      where w.source = $1 and w.tenant_id = $4) as written,
    (select max(written_public_position) from platform.inbox w
      where w.source = $1 and w.tenant_id = $4 and w.position = $3
        and w.written_public_position is not null) as written_public`

interface Found {
  readonly handled: boolean
  readonly written: string | null
  readonly written_public: string | null
}

const pointOf = ({ written, written_public: writtenPublic }: Found): ConsistencyPoint => ({
  ...(written === null ? {} : { position: Number(written) }),
  ...(writtenPublic === null ? {} : { publicPosition: Number(writtenPublic) }),
})

export function createWaitHandled(
  { owner }: Pick<Database, 'owner'>,
  definitions: readonly { readonly name: string; readonly source: Context }[],
  wakeups: Wakeups,
): WaitHandled {
  return async ({ source, publicPosition, tenant, timeoutMs }) => {
    const reactions = definitions.filter((one) => one.source === source).map(({ name }) => name)
    if (reactions.length === 0) return {}
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const seen = wakeups.count()
      const { rows } = await owner.query<Found>(sql, [source, reactions, publicPosition, tenant])
      const found = rows[0]
      if (found?.handled) return pointOf(found)
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw new Rejection('not-yet-consistent')
      await delay(Math.min(lookPauseMs, leftMs))
      await wakeups.after(seen, Math.min(safetyPollMs, leftMs))
    }
  }
}
