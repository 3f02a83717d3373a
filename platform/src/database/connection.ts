import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StoreUnavailable } from '../event-store/port.ts'

/** One attempt to reach the server. */
const connectTimeoutMs = 5_000

/** The pauses between attempts; as many repeats as there are pauses. About 2.5 s together. */
const requestPausesMs = [50, 100, 200, 400, 800, 1_000]

/** For a process that starts beside its server: up to about a minute. */
const startPausesMs = [...requestPausesMs, ...Array.from({ length: 29 }, () => 2_000)]

export const patience = { request: requestPausesMs, start: startPausesMs }

/** int8 as a number: positions and counts are safe integers. A larger one is a fault. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? safeInteger
      : (pg.types.getTypeParser(oid, format) as unknown)) as typeof pg.types.getTypeParser,
}

function safeInteger(text: string) {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no safe integer`)
  return value
}

/**
 * Settings of every connection. Queries that are made without waiting for the one before travel
 * together (`pipeline`); the server still runs them in order.
 */
export function connectionSettings(url: string, name: string) {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    pipeline: true,
    types,
  } satisfies pg.ClientConfig
}

/** SQLSTATE classes and codes that say "not now": the same statement may succeed on a repeat. */
const transientCodes = /^(08|53|58|40|57P0|57014|55P03|25006|XX000)/

export const sqlStateOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

/** The server refused by its own rules, and would refuse the same statement again. */
export function isStatementFault(error: unknown) {
  if (!(error instanceof pg.DatabaseError)) return false
  return !transientCodes.test(error.code ?? '')
}

const socketCodes = /^(E[A-Z]+|CONNECTION_)/

/** What the driver says of a lost connection where it gives no code. */
const connectionWords = [
  /^Connection terminated/,
  /^Client has encountered a connection error/,
  /^Query read timeout/,
  /connect.*timeout|timeout.*connect/i,
]

/** The connection was lost or could not be made; whether a statement took effect is not known. */
export function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.some(isConnectionFault)
  if (error instanceof pg.DatabaseError) return /^(08|57P0|53300)/.test(error.code ?? '')
  if (socketCodes.test(sqlStateOf(error) ?? '')) return true
  return connectionWords.some((words) => words.test(error.message))
}

/**
 * Makes a connection, again after each pause where the server cannot be reached. Throws
 * StoreUnavailable after the last, and at once for what a repeat cannot mend (a wrong password).
 */
export async function withRetry<Result>(
  attempt: () => Promise<Result>,
  pausesMs: readonly number[],
  signal?: AbortSignal,
): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!isConnectionFault(error)) throw error
      const pauseMs = pausesMs[tries]
      if (pauseMs === undefined || signal?.aborted) {
        throw new StoreUnavailable('the database cannot be reached', false, { cause: error })
      }
      await delay(pauseMs, undefined, signal ? { signal } : {})
    }
  }
}

/**
 * A connection of its own, outside the pools: for elections, LISTEN and writers. The caller ends
 * it. The server itself notices within half a minute that the other side's machine is gone, so that
 * a dead leader's locks are free again.
 */
export async function connectClient(
  url: string,
  name: string,
  pausesMs: readonly number[] = patience.request,
  signal?: AbortSignal,
): Promise<pg.Client> {
  return await withRetry(
    async () => {
      const client = new pg.Client(connectionSettings(url, name))
      client.on('error', ignore) // every query fails by itself, and `end` follows
      try {
        await client.connect()
        await client.query(`
          set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5;
          set tcp_keepalives_count = 4; set client_connection_check_interval = '10s'`)
        return client
      } catch (error) {
        client.end().catch(ignore)
        throw error
      }
    },
    pausesMs,
    signal,
  )
}

const ignore = () => {}
