import type { Tenant } from '@atrium/contracts/auth/http.ts'
import type { ClientBase } from 'pg'

/** Up to `limit` tenants by id, after `afterId`. */
export async function listTenants(
  client: ClientBase,
  { limit, afterId }: { limit: number; afterId: string },
): Promise<readonly Tenant[]> {
  const { rows } = await client.query<{ id: string; name: string; created_at: Date }>({
    name: 'list-tenants',
    // By bytes: the cursor is an id, and collations may change.
    text: `
      select id, name, created_at from tenant_list
       where id collate "C" > $1 order by id collate "C" limit $2`,
    values: [afterId, limit],
  })
  return rows.map(({ id, name, created_at: createdAt }) => ({
    id,
    name,
    createdAt: createdAt.toISOString(),
  }))
}
