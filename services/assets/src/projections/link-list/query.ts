import type { ClientBase } from 'pg'

export interface LinkRow {
  readonly id: string
  readonly asset_id: string
  readonly created_at: Date
  readonly expires_at: Date
  readonly downloads_max: number | null
  readonly downloads: number
}

// Row-level security adds the tenant to every query here.

/** Up to `limit` links of one asset, newest first: their ids sort by their time. */
export async function listLinks(
  client: ClientBase,
  query: { ownerId: string; assetId: string; limit: number; after?: string },
): Promise<LinkRow[]> {
  const { ownerId, assetId, limit, after } = query
  const { rows } = await client.query<LinkRow>({
    name: 'list-links',
    text: `
      select id, asset_id, created_at, expires_at, downloads_max, downloads
        from link_list
       where owner_id = $1 and asset_id = $2 and ($3::text is null or id < $3)
       order by id desc
       limit $4`,
    values: [ownerId, assetId, after ?? null, limit],
  })
  return rows
}
