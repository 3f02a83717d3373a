import type { Instance } from '@atrium/contracts/instances/http.ts'
import type { ClientBase } from 'pg'

interface Row {
  readonly id: string
  readonly owner_id: string
  readonly name: string
  readonly description: string | null
  readonly status: Instance['status']
  readonly is_default: boolean
  readonly version: number
  readonly created_at: Date
  readonly last_accessed_at: Date
  readonly deleted_at: Date | null
  readonly purge_at: Date | null
}

/** The last instance of the page before: the list goes on behind it. */
export interface AfterInstance {
  readonly lastAccessedAt: string
  readonly id: string
}

// Row-level security adds the tenant to every query here.

/** Up to `limit` instances of one owner, last used first. */
export async function listInstances(
  client: ClientBase,
  query: { ownerId: string; status: Instance['status']; limit: number; after?: AfterInstance },
): Promise<Instance[]> {
  const { ownerId, status, limit, after } = query
  const { rows } = await client.query<Row>({
    name: 'list-instances',
    text: `
      select id, owner_id, name, description, status, is_default, version, created_at,
             last_accessed_at, deleted_at, purge_at
        from instance_list
       where owner_id = $1 and status = $2
         and ($3::timestamptz is null or (last_accessed_at, id) < ($3, $4))
       order by last_accessed_at desc, id desc
       limit $5`,
    values: [ownerId, status, after?.lastAccessedAt ?? null, after?.id ?? null, limit],
  })
  return rows.map(instanceFrom)
}

/** The owner's active instance, or undefined for one that is deleted, another's, or nobody's. */
export async function findInstance(
  client: ClientBase,
  { ownerId, instanceId }: { ownerId: string; instanceId: string },
): Promise<Instance | undefined> {
  const { rows } = await client.query<Row>({
    name: 'find-instance',
    text: `
      select id, owner_id, name, description, status, is_default, version, created_at,
             last_accessed_at, deleted_at, purge_at
        from instance_list
       where owner_id = $1 and id = $2 and status = 'active'`,
    values: [ownerId, instanceId],
  })
  return rows[0] && instanceFrom(rows[0])
}

/** Deleted instances of all tenants whose retention has passed, longest overdue first. */
export async function listDue(
  client: Pick<ClientBase, 'query'>,
  { at, limit }: { at: string; limit: number },
) {
  const { rows } = await client.query<{ tenant_id: string; owner_id: string; id: string }>({
    name: 'list-due-instances',
    text: `
      select tenant_id, owner_id, id from instance_list
       where status = 'deleted' and purge_at <= $1
       order by purge_at limit $2`,
    values: [at, limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, ownerId: row.owner_id, instanceId: row.id }))
}

/** What is left in tenants that were removed. */
export async function listInClosedTenants(
  client: Pick<ClientBase, 'query'>,
  { limit }: { limit: number },
) {
  const { rows } = await client.query<{ tenant_id: string; owner_id: string; id: string }>({
    name: 'list-in-closed-tenants',
    text: `
      select i.tenant_id, i.owner_id, i.id
        from closed_tenant_list t join instance_list i on i.tenant_id = t.tenant_id limit $1`,
    values: [limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, ownerId: row.owner_id, instanceId: row.id }))
}

/** Every instance of everybody in the tenant, also deleted ones, by id. */
export async function listOfTenant(
  client: ClientBase,
  { afterId, limit }: { afterId: string; limit: number },
) {
  const { rows } = await client.query<{ owner_id: string; id: string }>({
    name: 'list-instances-of-tenant',
    text: 'select owner_id, id from instance_list where id > $1 order by id limit $2',
    values: [afterId, limit],
  })
  return rows.map((row) => ({ ownerId: row.owner_id, instanceId: row.id }))
}

function instanceFrom(row: Row): Instance {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ownerId: row.owner_id,
    isDefault: row.is_default,
    members: [{ userId: row.owner_id, role: 'owner' }],
    status: row.status,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    lastAccessedAt: row.last_accessed_at.toISOString(),
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at.toISOString() }),
    ...(row.purge_at === null ? {} : { purgeAt: row.purge_at.toISOString() }),
  }
}
