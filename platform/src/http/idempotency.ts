import { randomUUID } from 'node:crypto'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { ProblemCode } from '@atrium/contracts/problem.ts'
import type { Pool } from 'pg'
import { Rejection } from '../rejection.ts'
import type { Logger } from '../telemetry/logger.ts'

/** What an idempotency key stands for. */
export interface KeyedRequest {
  readonly tenant: string
  readonly userId: string
  readonly route: string
  readonly key: string
  /** Of everything that makes it this request: params, query, body and precondition. */
  readonly bodyHash: Buffer
}

/** The command that the first request with the key became. */
export interface KeyedCommand {
  readonly commandId: string
  readonly at: string
}

/** What a request was answered, so that it can be answered again. */
export type KeptAnswer =
  | {
      readonly status: number
      readonly body?: unknown
      readonly version?: number
      readonly written?: ConsistencyPoint
    }
  | { readonly code: ProblemCode; readonly extensions: Readonly<Record<string, unknown>> }

export type Begun =
  | { readonly state: 'answered'; readonly answer: KeptAnswer }
  | {
      readonly state: 'run'
      readonly command: KeyedCommand
      /** It ran before and left no answer. */
      readonly mayRepeat: boolean
      /**
       * Keeps the answer; undefined where it must not be kept, so that the next request runs the
       * same command again. Never throws: what could not be kept is found in the stream by a
       * repeat.
       */
      finish(answer: KeptAnswer | undefined): Promise<void>
    }

export interface Idempotency {
  /** Throws Rejection `idempotency-key-in-flight`, `idempotency-key-reused`. */
  begin(request: KeyedRequest, fresh: KeyedCommand): Promise<Begun>
  /** Removes what is older than a day; runs by itself every ten minutes. */
  prune(): Promise<void>
  close(): void
}

export interface IdempotencyOptions {
  readonly database: { readonly owner: Pool }
  readonly logger: Logger
  readonly leaseMs?: number
}

/** A run that its process does not renew any more has ended, with its process. */
const leaseMsDefault = 5_000
const keptForMs = 24 * 60 * 60_000
const pruneEveryMs = 10 * 60_000
const pruneBatch = 1_000
const pruneBatchesMax = 100

const beginSql = `
  insert into platform.idempotency as kept
    (tenant_id, user_id, route, key, body_hash, command_id, at, runner, leased_until)
  values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9 * interval '1 millisecond')
  on conflict (tenant_id, user_id, route, key) do update
  set (runner, leased_until) = (
    select case when free then excluded.runner else kept.runner end,
           case when free then excluded.leased_until else kept.leased_until end
    from (select kept.answer is null and kept.body_hash = excluded.body_hash
                 and kept.leased_until <= clock_timestamp() as free) as lease)
  returning body_hash = $5 as "sameBody", command_id as "commandId", at,
    runner = $8 as mine, answer`

const keepSql = `
  update platform.idempotency set answer = $5
  where tenant_id = $1 and user_id = $2 and route = $3 and key = $4 and answer is null`

const releaseSql = `
  update platform.idempotency set leased_until = '-infinity'
  where tenant_id = $1 and user_id = $2 and route = $3 and key = $4 and runner = $5`

const renewSql = `
  update platform.idempotency as kept
  set leased_until = clock_timestamp() + $6 * interval '1 millisecond'
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[])
    as run (tenant_id, user_id, route, key, runner)
  where (kept.tenant_id, kept.user_id, kept.route, kept.key, kept.runner)
    = (run.tenant_id, run.user_id, run.route, run.key, run.runner)`

const pruneSql = `
  delete from platform.idempotency where (tenant_id, user_id, route, key) in (
    select tenant_id, user_id, route, key from platform.idempotency
    where created_at < clock_timestamp() - $1 * interval '1 millisecond' limit $2)`

interface Row {
  readonly sameBody: boolean
  readonly commandId: string
  readonly at: string
  readonly mine: boolean
  readonly answer: KeptAnswer | null
}

/**
 * Idempotency keys in the context's own database. A run holds a lease that its process renews; when
 * it lapses without an answer the process is gone (or stood still for that long), and the next
 * request runs the same command, marked as one that may have run. Should both run in the end, they
 * write the same events once: their command id is the same.
 */
export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { database, logger, leaseMs = leaseMsDefault } = options
  const pool = database.owner
  const quietly = async (work: () => Promise<unknown>, failed: string) => {
    try {
      await work()
    } catch (error) {
      logger.warn({ err: error }, failed)
    }
  }
  const prune = () => quietly(() => pruneOld(pool), 'old idempotency keys were not removed')
  const running = new Map<string, KeyedRequest>()
  const renewal = setInterval(() => {
    void quietly(() => renewLeases(pool, running, leaseMs), 'leases were not renewed')
  }, leaseMs / 3)
  const pruning = setInterval(() => void prune(), pruneEveryMs)
  renewal.unref()
  pruning.unref()

  return {
    async begin(request, fresh) {
      const place = [request.tenant, request.userId, request.route, request.key]
      const runner = randomUUID()
      const { rows } = await pool.query<Row>({
        name: 'idempotency-begin',
        text: beginSql,
        values: [...place, request.bodyHash, fresh.commandId, fresh.at, runner, leaseMs],
      })
      const [row] = rows
      if (!row) throw new Error('an upsert returns its row')
      if (!row.sameBody) throw new Rejection('idempotency-key-reused')
      if (row.answer) return { state: 'answered', answer: row.answer }
      if (!row.mine) throw new Rejection('idempotency-key-in-flight')

      running.set(runner, request)
      return {
        state: 'run',
        command: { commandId: row.commandId, at: row.at },
        mayRepeat: row.commandId !== fresh.commandId,
        async finish(answer) {
          running.delete(runner)
          await quietly(
            () =>
              answer
                ? pool.query(keepSql, [...place, JSON.stringify(answer)])
                : pool.query(releaseSql, [...place, runner]),
            'the answer of an idempotency key was not kept',
          )
        },
      }
    },

    prune,

    close() {
      clearInterval(renewal)
      clearInterval(pruning)
    },
  }
}

async function renewLeases(
  pool: Pool,
  running: ReadonlyMap<string, KeyedRequest>,
  leaseMs: number,
): Promise<void> {
  if (running.size === 0) return
  const runs = [...running.values()]
  await pool.query(renewSql, [
    runs.map(({ tenant }) => tenant),
    runs.map(({ userId }) => userId),
    runs.map(({ route }) => route),
    runs.map(({ key }) => key),
    [...running.keys()],
    leaseMs,
  ])
}

async function pruneOld(pool: Pool): Promise<void> {
  for (let batch = 0; batch < pruneBatchesMax; batch += 1) {
    const { rowCount } = await pool.query(pruneSql, [keptForMs, pruneBatch])
    if ((rowCount ?? 0) < pruneBatch) return
  }
}
