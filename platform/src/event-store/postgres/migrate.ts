import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { connectionConfig } from './connection.ts'

/** Every process that starts takes this advisory lock while it migrates. */
const migrationLock = 7_201_430_101

/**
 * Brings the schema `event_store` of a database to this version. Safe to run at every start, by
 * many processes at once. Needs the owner's role.
 */
export async function migrateEventStore(connectionString: string): Promise<void> {
  const schema = await readFile(new URL('schema.sql', import.meta.url), 'utf8')
  const client = new pg.Client(connectionConfig(connectionString))
  await client.connect()
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock])
    await client.query(schema)
    await client.query('commit')
  } finally {
    await client.end()
  }
}
