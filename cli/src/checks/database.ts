import { type Context, contexts } from '@atrium/contracts/context.ts'
import type { Deployment } from '../deployment.ts'
import { type ContextDatabase, withDatabases } from '../with-databases.ts'
import { finding, type Finding } from './finding.ts'

/** Views with the caller's rights, on which row-level security rests, came with this version. */
const postgresVersionMin = 150_000

export const checkDatabases = (deployment: Deployment): Promise<Finding[]> =>
  Promise.all(
    contexts.map((context) =>
      finding(`${context} database`, async () => {
        const [detail = ''] = await withDatabases(deployment, inspect, [context])
        return detail
      }),
    ),
  )

async function inspect({ context, pool }: ContextDatabase): Promise<string> {
  const { rows } = await pool.query<{ version: number; name: string; bytes: string }>(`
    select current_setting('server_version_num')::int as version,
           current_setting('server_version') as name,
           pg_size_pretty(pg_database_size(current_database())) as bytes`)
  const [server] = rows
  if (!server || server.version < postgresVersionMin) {
    throw new Error(`PostgreSQL ${server?.name} is too old: 15 or newer is needed`)
  }
  await demandRowSecurity(context, pool)
  return `PostgreSQL ${server.name}, ${server.bytes}, row-level security on every tenant's table`
}

/** Each table of a read model that has tenants' data must be guarded by its own policy. */
async function demandRowSecurity(context: Context, pool: ContextDatabase['pool']) {
  const { rows } = await pool.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join platform.projection_generation g on g.schema = n.nspname
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relkind = 'r' and not c.relrowsecurity`)
  if (rows.length > 0) {
    const names = rows.map(({ name }) => name).join(', ')
    throw new Error(`${context}: row-level security is off on ${names}`)
  }
}
