import type { ClientBase } from 'pg'

// Across tenants: these are for the collector alone, which has the owner's role.

type Queryable = Pick<ClientBase, 'query'>

export interface LeftUpload {
  readonly tenant: string
  readonly uploadId: string
  readonly ownerId: string
  readonly status: 'open' | 'received' | 'ended'
}

/**
 * Uploads whose time is over or whose instance is gone for good, and those of which some request
 * has left a part undone since `before`.
 */
export async function listLeftUploads(
  client: Queryable,
  { at, before, limit }: { readonly at: string; readonly before: string; readonly limit: number },
): Promise<LeftUpload[]> {
  const { rows } = await client.query<{
    tenant_id: string
    id: string
    owner_id: string
    status: LeftUpload['status']
  }>({
    name: 'list-left-uploads',
    text: `
      select tenant_id, id, owner_id, status from upload_list
       where status = 'open' and expires_at <= $1
      union
      select tenant_id, id, owner_id, status from upload_list
       where status <> 'open' and changed_at <= $2
      union
      select u.tenant_id, u.id, u.owner_id, u.status
        from upload_list u
        join instance_storage i on i.tenant_id = u.tenant_id and i.id = u.instance_id
       where u.status = 'open' and i.status = 'purged'
       limit $3`,
    values: [at, before, limit],
  })
  return rows.map((row) => ({
    tenant: row.tenant_id,
    uploadId: row.id,
    ownerId: row.owner_id,
    status: row.status,
  }))
}
