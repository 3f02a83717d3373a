import { type Context, contexts } from '@atrium/contracts/context.ts'
import { connectionSettings } from '@atrium/platform/database/connection.ts'
import pg from 'pg'
import type { Deployment } from './deployment.ts'

export interface ContextDatabase {
  readonly context: Context
  readonly pool: pg.Pool
}

const connectTimeoutMs = 5_000

/** Does the work with each context's database, as its owner, one after the other. */
export async function withDatabases<Result>(
  deployment: Deployment,
  work: (database: ContextDatabase) => Promise<Result>,
  chosen: readonly Context[] = contexts,
): Promise<Result[]> {
  const results: Result[] = []
  for (const context of chosen) {
    const pool = new pg.Pool({
      ...connectionSettings(deployment.contexts[context].databaseUrl, 'atrium cli'),
      connectionTimeoutMillis: connectTimeoutMs,
      max: 2,
    })
    try {
      results.push(await work({ context, pool }))
    } finally {
      await pool.end()
    }
  }
  return results
}
