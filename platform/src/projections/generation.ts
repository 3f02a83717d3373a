import { createHash } from 'node:crypto'
import { escapeIdentifier, type ClientBase } from 'pg'
import type { ProjectionDefinition } from './projection.ts'

/** One build of a projection: a schema with its tables, and how far it has come. */
export interface Generation {
  readonly projection: string
  readonly generation: number
  readonly version: number
  readonly checksum: string
  readonly schema: string
  readonly status: 'building' | 'live' | 'retired'
  readonly epoch: number
  readonly position: number
}

const columns = 'projection, generation, version, checksum, schema, status, epoch, position'

/** PostgreSQL cuts names at 63 bytes; the generation's number stands behind the projection's. */
const nameLengthMax = 50

export async function readGenerations(
  client: Pick<ClientBase, 'query'>,
  projection: string,
): Promise<Generation[]> {
  const { rows } = await client.query<Generation>(
    `select ${columns} from platform.projection_generation
      where projection = $1 order by generation`,
    [projection],
  )
  return rows
}

/** Of everything that decides what the tables hold, but for the functions that make the rows. */
export function checksumOf({ tableSql, table, on }: ProjectionDefinition) {
  const statements = Object.entries(on).map(([type, write]) => [type, write?.sql])
  return createHash('sha256')
    .update(JSON.stringify([tableSql, table, statements]).replaceAll(/(\s|\\n)+/g, ' '))
    .digest('hex')
}

/** A new generation, empty, at the beginning. In the caller's transaction, as the owner. */
export async function createGeneration(
  client: ClientBase,
  definition: ProjectionDefinition,
  number: number,
  routesRole: string,
): Promise<void> {
  const schema = `${definition.name.replaceAll('-', '_')}_${number}`
  await createTables(client, definition, schema)
  await refuseTakenTables(client, definition.name, schema)
  const [name, role] = [escapeIdentifier(schema), escapeIdentifier(routesRole)]
  await client.query(`
    grant usage on schema ${name} to ${role};
    grant select on all tables in schema ${name} to ${role}`)
  await client.query(
    `insert into platform.projection_generation
       (projection, generation, version, checksum, schema, status)
     values ($1, $2, $3, $4, $5, 'building')`,
    [definition.name, number, definition.version, checksumOf(definition), schema],
  )
}

/**
 * Makes the schema and its tables. Throws for a table that is not bound to tenants: each must have
 * `tenant_id`, row-level security, and only policies that compare it with `app.tenant`.
 */
export async function createTables(
  client: ClientBase,
  { name, tableSql, table }: Pick<ProjectionDefinition, 'name' | 'tableSql' | 'table'>,
  schema: string,
): Promise<void> {
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > nameLengthMax) {
    throw new Error(`a projection cannot be called ${name}`)
  }
  await client.query(`create schema ${escapeIdentifier(schema)}`)
  await client.query(`set local search_path = ${escapeIdentifier(schema)}`)
  await client.query(tableSql)
  await client.query('set local search_path = default')
  const { rows } = await client.query<{ name: string; bound: boolean; kind: 'table' | 'type' }>(
    tablesText,
    [schema],
  )
  const unbound = rows.find(({ bound, kind }) => kind === 'table' && !bound)
  if (unbound) {
    throw new Error(
      `${name}: the table ${unbound.name} needs tenant_id, row-level security, and a policy ` +
        `using (tenant_id = current_setting('app.tenant', true))`,
    )
  }
  if (!rows.some((row) => row.name === table))
    throw new Error(`${name} has no table or type ${table}`)
}

const tablesText = `
  select c.relname as name, case c.relkind when 'c' then 'type' else 'table' end as kind,
         c.relrowsecurity
           and exists (select from pg_attribute a
                        where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull)
           and coalesce((select bool_and(
                 pg_get_expr(p.polqual, p.polrelid)
                   ~ '^\\(?tenant_id = current_setting\\(''app\\.tenant''::text, true\\)\\)?$'
                 or not p.polpermissive)
                 from pg_policy p where p.polrelid = c.oid), false) as bound
    from pg_class c
   where c.relnamespace = $1::text::regnamespace and c.relkind in ('r', 'p', 'c')
   order by c.relname`

/** The view in `public` has the table's name: only one projection may have a table of that name. */
async function refuseTakenTables(client: ClientBase, projection: string, schema: string) {
  const { rows } = await client.query<{ tablename: string; projection: string }>(
    `select mine.tablename, g.projection
       from pg_tables mine
       join pg_tables other using (tablename)
       join platform.projection_generation g on g.schema = other.schemaname
      where mine.schemaname = $1 and g.projection <> $2
     union all
     select mine.tablename, 'another table'
       from pg_tables mine join pg_tables other using (tablename)
      where mine.schemaname = $1 and other.schemaname = 'public'`,
    [schema, projection],
  )
  const [taken] = rows
  if (taken) throw new Error(`the name ${taken.tablename} belongs to ${taken.projection} already`)
}

/** Takes the generation's row away and all that belongs to it, its tables too. */
export async function dropGeneration(
  client: ClientBase,
  { projection, generation, schema }: Generation,
) {
  await client.query(
    'delete from platform.projection_generation where projection = $1 and generation = $2',
    [projection, generation],
  )
  await client.query(`drop schema if exists ${escapeIdentifier(schema)} cascade`)
}
