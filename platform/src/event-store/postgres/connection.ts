import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** Longest wait for a connection, and for the answer to one statement. */
export const connectTimeoutMs = 5_000
export const statementTimeoutMs = 10_000

/** First and longest pause before a lost server is asked again. */
const backoffMinMs = 50
const backoffMaxMs = 2_000

/**
 * What every connection is opened with. Each of the adapter's statements has one good plan, by
 * index and row by row; it is pinned, because a plan made while the table is empty would scan it
 * until ANALYZE runs, and one made when it is full would hash all of it to find a few ids.
 */
export const connectionConfig = (connectionString: string): pg.ClientConfig => ({
  connectionString,
  application_name: 'atrium event store',
  connectionTimeoutMillis: connectTimeoutMs,
  query_timeout: statementTimeoutMs,
  keepAlive: true,
  options: [
    'timezone=UTC',
    'enable_seqscan=off',
    'enable_bitmapscan=off',
    'enable_sort=off',
    'enable_hashjoin=off',
    'enable_mergejoin=off',
    'jit=off',
    'plan_cache_mode=force_generic_plan',
    'client_min_messages=warning',
  ]
    .map((setting) => `-c ${setting}`)
    .join(' '),
})

/** Columns come as the text that the server sent. */
export const asText = { getTypeParser: () => (value: string) => value }

/**
 * Whether the server or the way to it failed, so that asking again can help. Class 08: connection;
 * 53300: too many connections; 57P01 to 57P03: shutting down, crashed, starting.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (error instanceof pg.DatabaseError) return /^(?:08\w{3}|53300|57P0[123])$/.test(code ?? '')
  if (code) return networkCodes.has(code)
  return /connection|read timeout|timeout expired|Client was closed/i.test(error.message)
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
])

/** Waits before try number `attempt`, counted from 1. Resolves early when aborted. */
export async function backOff(attempt: number, signal?: AbortSignal): Promise<void> {
  const waitMs = Math.min(backoffMinMs * 2 ** Math.min(attempt - 1, 16), backoffMaxMs)
  try {
    await delay(waitMs, undefined, signal ? { signal } : {})
  } catch {
    // Aborted: the caller sees that on its signal.
  }
}
