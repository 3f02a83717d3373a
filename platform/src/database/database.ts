import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@atrium/contracts/context.ts'
import pg from 'pg'
import { StoreUnavailable } from '../event-store/port.ts'
import {
  connectClient,
  connectionSettings,
  isConnectionFault,
  patience,
  withRetry,
} from './connection.ts'
import { migrate, type Migration } from './migrate.ts'
import { platformSchema } from './platform-schema.ts'
import { inTransaction } from './transaction.ts'

export interface DatabaseOptions {
  /** The role that owns the schemas; row-level security does not bind it. */
  readonly ownerUrl: string
  /** The role of HTTP routes, bound by row-level security. */
  readonly routesUrl: string
  readonly context: Context
  /** The service's own, run after the platform's. */
  readonly migrations?: readonly Migration[]
  readonly ownerConnectionsMax?: number
  readonly routesConnectionsMax?: number
}

/** One context's database. */
export interface Database {
  /** Works across tenants: projectors, timers, operators. Never handed to routes. */
  readonly owner: pg.Pool
  readonly routesRole: string

  /**
   * Runs the work as the routes role in a transaction that sees the tenant's rows alone. The first
   * query travels together with the transaction's beginning; with `readOnly` the answer does not
   * wait for its end, and the work is repeated where the connection is lost, so it must have no
   * effect but its result. Throws StoreUnavailable where the server cannot be reached, and a
   * RangeError for what is no tenant's id.
   */
  forTenant<Result>(
    tenant: string,
    work: (client: pg.ClientBase) => Promise<Result>,
    options?: { readonly readOnly?: boolean },
  ): Promise<Result>

  /** A connection of the owner's outside the pool, for locks and LISTEN. The caller ends it. */
  connect(name: string, signal?: AbortSignal): Promise<pg.Client>

  close(): Promise<void>
}

/** How long a request waits for a free connection before it is answered 503. */
const waitForConnectionMs = 5_000

/** No query of a route may take longer. */
const routeStatementTimeoutMs = 10_000

/** A server that says nothing for longer is gone, though its connection still looks open. */
const routeSilenceTimeoutMs = 15_000

/** How often a read is made again on another connection. */
const readAttemptsMax = 3

const tenantPattern = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Connects, migrates and opens the pools. Several processes may start at once. Waits about a minute
 * for the server, then throws StoreUnavailable.
 */
export async function createDatabase(options: DatabaseOptions): Promise<Database> {
  const { ownerUrl, routesUrl, context, migrations = [] } = options
  const routesRole = decodeURIComponent(new URL(routesUrl).username)
  const client = await connectClient(ownerUrl, `${context}:migrate`, patience.start)
  try {
    await migrate(client, [...platformSchema, ...migrations], routesRole)
  } finally {
    await client.end()
  }

  const owner = createPool(ownerUrl, `${context}:owner`, options.ownerConnectionsMax ?? 10)
  const routes = createPool(routesUrl, `${context}:routes`, options.routesConnectionsMax ?? 10, {
    statement_timeout: routeStatementTimeoutMs,
    query_timeout: routeSilenceTimeoutMs,
    idle_in_transaction_session_timeout: routeStatementTimeoutMs,
    // A plan that was made while a table was empty would scan all of it until ANALYZE runs.
    options: '-c enable_seqscan=off',
  })

  return {
    owner,
    routesRole,
    forTenant: createTenantAccess(routes),
    connect: (name, signal) =>
      connectClient(ownerUrl, `${context}:${name}`, patience.request, signal),
    async close() {
      await Promise.all([owner.end(), routes.end()])
    },
  }
}

function createPool(url: string, name: string, max: number, settings: pg.PoolConfig = {}) {
  const pool = new pg.Pool({
    ...connectionSettings(url, name),
    ...settings,
    max,
    connectionTimeoutMillis: waitForConnectionMs,
  })
  // A lost connection leaves the pool, idle or not; whoever uses it learns it from the query.
  // Without these listeners the loss would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

function createTenantAccess(routes: pg.Pool): Database['forTenant'] {
  return async (tenant, work, { readOnly = false } = {}) => {
    if (!tenantPattern.test(tenant)) throw new RangeError('not the id of a tenant')
    const begin =
      `begin${readOnly ? ' read only' : ''}; ` +
      `select set_config('app.tenant', '${tenant}', true)`
    for (let attempt = 1; ; attempt += 1) {
      const client = await withRetry(() => routes.connect(), patience.request)
      try {
        return await (readOnly
          ? readThenRelease(client, begin, work)
          : writeThenRelease(client, begin, work))
      } catch (error) {
        if (!isConnectionFault(error)) throw error
        if (!readOnly || attempt === readAttemptsMax) {
          throw new StoreUnavailable('the database was lost', !readOnly, { cause: error })
        }
        await delay(patience.request[attempt])
      }
    }
  }
}

/** Resolves with the work's result while `commit` is still under way: nothing hangs on it. */
async function readThenRelease<Result>(
  client: pg.PoolClient,
  begin: string,
  work: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result> {
  const begun = client.query(begin)
  begun.catch(() => {})
  try {
    const result = await work(client)
    await begun // a result that was read without the tenant is never given out
    return result
  } finally {
    client.query('commit').then(
      () => client.release(),
      (error: unknown) => client.release(error instanceof Error ? error : true),
    )
  }
}

async function writeThenRelease<Result>(
  client: pg.PoolClient,
  begin: string,
  work: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result> {
  let lost: Error | undefined
  try {
    return await inTransaction(client, work, begin)
  } catch (error) {
    if (isConnectionFault(error) && error instanceof Error) lost = error
    throw error
  } finally {
    client.release(lost)
  }
}
