import type { ClientBase } from 'pg'

// Across tenants: these are for the collector alone, which has the owner's role.

type Queryable = Pick<ClientBase, 'query'>

export interface LeftHolder {
  readonly tenant: string
  readonly sha256: string
  readonly assetId: string
  readonly ownerId: string
  readonly reservationId: string
}

/**
 * Holds of assets that are not, and that no upload is about to store. The read model may be behind:
 * who acts on one looks into the owner's storage first.
 */
export async function listLeftHolders(client: Queryable, limit: number): Promise<LeftHolder[]> {
  const { rows } = await client.query<{
    tenant_id: string
    sha256: string
    asset_id: string
    owner_id: string
    reservation_id: string
  }>({
    name: 'list-left-holders',
    text: `
      select h.tenant_id, h.sha256, h.asset_id, h.owner_id, h.reservation_id
        from blob_holder h
       where not exists (
               select from asset_list a where a.tenant_id = h.tenant_id and a.id = h.asset_id)
         and not exists (
               select from space_reservation r
                where r.tenant_id = h.tenant_id and r.id = h.reservation_id)
       limit $1`,
    values: [limit],
  })
  return rows.map((row) => ({
    tenant: row.tenant_id,
    sha256: row.sha256,
    assetId: row.asset_id,
    ownerId: row.owner_id,
    reservationId: row.reservation_id,
  }))
}

export interface CondemnedBlob {
  readonly tenant: string
  readonly sha256: string
  readonly keys: readonly string[]
}

/** What was condemned and not yet noted as removed. */
export async function listCondemned(client: Queryable, limit: number): Promise<CondemnedBlob[]> {
  const { rows } = await client.query<{ tenant_id: string; sha256: string; keys: string[] }>({
    name: 'list-condemned',
    text: `
      select tenant_id, sha256, array_agg(key) as keys
        from condemned_blob
       group by tenant_id, sha256
       limit $1`,
    values: [limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, sha256: row.sha256, keys: row.keys }))
}

export interface OldVariants {
  readonly tenant: string
  readonly sha256: string
  readonly keys: readonly string[]
}

/** Derived pictures that were stored before a time, those of one source together. */
export async function listOldVariants(
  client: Queryable,
  { before, limit }: { readonly before: string; readonly limit: number },
): Promise<OldVariants[]> {
  const { rows } = await client.query<{ tenant_id: string; sha256: string; keys: string[] }>({
    name: 'list-old-variants',
    text: `
      select tenant_id, sha256, array_agg(key) as keys
        from (
          select tenant_id, sha256, key from blob_variant
           where stored_at < $1 order by stored_at limit $2
        ) old
       group by 1, 2`,
    values: [before, limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, sha256: row.sha256, keys: row.keys }))
}
