import type { ClientBase } from 'pg'

// Across tenants: these are for the collector alone, which has the owner's role.

type Queryable = Pick<ClientBase, 'query'>

export interface DueAsset {
  readonly tenant: string
  readonly ownerId: string
  readonly assetId: string
}

/** Assets whose time has come, or whose instance's time has come, those of one owner together. */
export async function listDueAssets(
  client: Queryable,
  { at, limit }: { readonly at: string; readonly limit: number },
): Promise<DueAsset[]> {
  const { rows } = await client.query<{ tenant_id: string; owner_id: string; id: string }>({
    name: 'list-due-assets',
    text: `
      with due as (
        select tenant_id, owner_id, id from asset_list where purge_at <= $1
        union
        select a.tenant_id, a.owner_id, a.id
          from instance_storage i
          join asset_list a on a.tenant_id = i.tenant_id and a.instance_id = i.id
         where i.purge_at <= $1
      )
      select * from due order by tenant_id, owner_id limit $2`,
    values: [at, limit],
  })
  return rows.map((row) => ({
    tenant: row.tenant_id,
    ownerId: row.owner_id,
    assetId: row.id,
  }))
}

/** Reservations whose uploads were not finished in time. */
export async function listExpiredReservations(
  client: Queryable,
  { at, limit }: { readonly at: string; readonly limit: number },
) {
  const { rows } = await client.query<{ tenant_id: string; owner_id: string; id: string }>({
    name: 'list-expired-reservations',
    text: `
      select tenant_id, owner_id, id from space_reservation
       where expires_at <= $1
       order by expires_at limit $2`,
    values: [at, limit],
  })
  return rows.map((row) => ({
    tenant: row.tenant_id,
    ownerId: row.owner_id,
    reservationId: row.id,
  }))
}
