import type { Clone } from '@atrium/contracts/pdf/gallery-http.ts'
import type { ClientBase } from 'pg'

interface Row {
  readonly id: string
  readonly instance_id: string
  readonly slug: string
  readonly status: Clone['status']
  readonly project_id: string | null
  readonly error_code: string | null
  readonly requested_at: Date
}

type Client = Pick<ClientBase, 'query'>

/** The owner's copy. Row-level security adds the tenant. */
export async function findClone(
  client: Client,
  { ownerId, cloneId }: { readonly ownerId: string; readonly cloneId: string },
): Promise<Clone | undefined> {
  const { rows } = await client.query<Row>({
    name: 'find-clone',
    text: `
      select id, instance_id, slug, status, project_id, error_code, requested_at
        from clone_list where owner_id = $1 and id = $2`,
    values: [ownerId, cloneId],
  })
  const [row] = rows
  return (
    row && {
      id: row.id,
      status: row.status,
      slug: row.slug,
      instanceId: row.instance_id,
      projectId: row.project_id,
      errorCode: row.error_code,
      requestedAt: row.requested_at.toISOString(),
    }
  )
}

/** Copies of all tenants that are not made yet, longest waiting first. */
export async function listPendingClones(
  client: Client,
  { limit }: { readonly limit: number },
): Promise<{ readonly tenant: string; readonly cloneId: string }[]> {
  const { rows } = await client.query<{ tenant_id: string; id: string }>({
    name: 'list-pending-clones',
    text: `
      select tenant_id, id from clone_list where status = 'pending'
       order by requested_at limit $1`,
    values: [limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, cloneId: row.id }))
}
