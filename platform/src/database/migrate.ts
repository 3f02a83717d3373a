import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { escapeIdentifier, type ClientBase } from 'pg'
import { inTransaction } from './transaction.ts'

/** One SQL file, run once. */
export interface Migration {
  /** Unique and never changed: under it the run is recorded. */
  readonly name: string
  readonly file: URL
}

/** Taken by every process that starts, so that one migrates and the others find it done. */
const migrationLock = 7_201_430_102

/** How long a process waits for another one's migrations. */
const lockTimeoutMs = 60_000

/**
 * Runs the files that this database has not run yet, in their order, in one transaction: all or
 * none. Then lets the routes role read what declares itself readable: the tables of schema `public`
 * with row-level security. The connection must be the owner's.
 *
 * Throws where a file was changed after it ran, where two have one name, and where row-level
 * security would not hold for the routes role.
 */
export async function migrate(
  client: ClientBase,
  migrations: readonly Migration[],
  routesRole: string,
): Promise<void> {
  const files = await Promise.all(migrations.map(readMigration))
  const names = new Set(files.map(({ name }) => name))
  if (names.size < files.length) throw new Error('two migrations have the same name')

  await inTransaction(client, async () => {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`)
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock])
    await refuseMightyRole(client, routesRole)
    await client.query(`
      create schema if not exists platform;
      create table if not exists platform.migration (
        name text primary key,
        checksum text not null,
        applied_at timestamptz not null default clock_timestamp()
      )`)
    const { rows } = await client.query<{ name: string; checksum: string }>(
      'select name, checksum from platform.migration',
    )
    const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]))
    for (const file of files) await apply(client, file, applied.get(file.name))
    await grantReadable(client, routesRole)
  })
}

async function readMigration({ name, file }: Migration) {
  const sql = await readFile(file, 'utf8')
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
}

async function apply(
  client: ClientBase,
  file: { readonly name: string; readonly sql: string; readonly checksum: string },
  appliedChecksum: string | undefined,
) {
  if (appliedChecksum === file.checksum) return
  if (appliedChecksum !== undefined) {
    throw new Error(`migration ${file.name} was changed after it ran: add a new file instead`)
  }
  try {
    await client.query(file.sql)
  } catch (error) {
    throw new Error(`migration ${file.name} failed`, { cause: error })
  }
  await client.query('insert into platform.migration (name, checksum) values ($1, $2)', [
    file.name,
    file.checksum,
  ])
}

/** A role that passes row-level security by would show every tenant to each. */
async function refuseMightyRole(client: ClientBase, routesRole: string) {
  const { rows } = await client.query<{ mighty: boolean }>(
    `select rolsuper or rolbypassrls or pg_has_role(oid, current_user, 'member') as mighty
       from pg_roles where rolname = $1`,
    [routesRole],
  )
  if (!rows[0]) throw new Error(`the role ${routesRole} does not exist`)
  if (rows[0].mighty) throw new Error(`the role ${routesRole} is not bound by row-level security`)
}

async function grantReadable(client: ClientBase, routesRole: string) {
  const role = escapeIdentifier(routesRole)
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name
       from pg_tables where schemaname = 'public' and rowsecurity`,
  )
  const grants = rows.map(({ name }) => `grant select on ${name} to ${role};`)
  await client.query(`grant usage on schema public to ${role}; ${grants.join(' ')}`)
}
