import type { Asset } from '@atrium/contracts/assets/http.ts'
import type { ClientBase } from 'pg'

interface Row {
  readonly id: string
  readonly instance_id: string
  readonly name: string
  readonly media_type: string
  readonly size_bytes: string
  readonly sha256: string
  readonly width: number | null
  readonly height: number | null
  readonly stored_at: Date
}

// Row-level security adds the tenant to every query here. What decides whether an asset is shown
// is said a second time here, for sets; the tests hold it against `isShown` of the domain.

const columns = `
  a.id, a.instance_id, a.name, a.media_type, a.size_bytes, a.sha256, a.width, a.height, a.stored_at`

/** The projects of its own instance that name an asset `a`, with what the query adds. */
const users = `
  from project_use u
  join project_storage p on p.tenant_id = u.tenant_id and p.id = u.project_id
 where u.tenant_id = a.tenant_id and u.asset_id = a.id and p.instance_id = a.instance_id`

const shown = `
  a.status <> 'deleted'
  and exists (
    select from instance_storage i
     where i.tenant_id = a.tenant_id and i.id = a.instance_id and i.status = 'active')
  and (a.home <> 'project'
    or exists (select ${users} and not p.is_hidden)
    or not exists (select ${users}))`

/** The last asset of the page before: the list goes on behind it. */
export interface AfterAsset {
  readonly createdAt: string
  readonly id: string
}

export interface AssetQuery {
  readonly ownerId: string
  readonly limit: number
  readonly after?: AfterAsset
  /** A media type, or what stands before its slash. */
  readonly type?: string
  readonly instanceId?: string
  readonly projectId?: string
  readonly unused?: boolean
}

/** How many assets of an instance its owner is shown; none where it is another's. */
export async function countAssets(
  client: ClientBase,
  { ownerId, instanceId }: { readonly ownerId: string; readonly instanceId: string },
): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'count-assets',
    text: `
      select count(*)::int as count from asset_list a
       where a.owner_id = $1 and a.instance_id = $2 and ${shown}`,
    values: [ownerId, instanceId],
  })
  return rows[0]?.count ?? 0
}

/** Up to `limit` assets of one owner, newest first. */
export async function listAssets(client: ClientBase, query: AssetQuery): Promise<Asset[]> {
  const { ownerId, limit, after, type, instanceId, projectId, unused } = query
  const { rows } = await client.query<Row>({
    name: 'list-assets',
    text: `
      select ${columns}
        from asset_list a
       where a.owner_id = $1 and ${shown}
         and ($2::timestamptz is null or (a.stored_at, a.id) < ($2, $3))
         and ($4::text is null or a.media_type = $4 or split_part(a.media_type, '/', 1) = $4)
         and ($5::text is null or a.instance_id = $5)
         and ($6::text is null or exists (select ${users} and u.project_id = $6))
         and ($7::boolean is null or $7 <> exists (select ${users}))
       order by a.stored_at desc, a.id desc
       limit $8`,
    values: [
      ownerId,
      after?.createdAt ?? null,
      after?.id ?? null,
      type ?? null,
      instanceId ?? null,
      projectId ?? null,
      unused ?? null,
      limit,
    ],
  })
  return rows.map(assetFrom)
}

/** The owner's asset, or undefined for one that is hidden, another's, or nobody's. */
export async function findAsset(
  client: ClientBase,
  { ownerId, assetId }: { readonly ownerId: string; readonly assetId: string },
): Promise<Asset | undefined> {
  const { rows } = await client.query<Row>({
    name: 'find-asset',
    text: `select ${columns} from asset_list a where a.owner_id = $1 and a.id = $2 and ${shown}`,
    values: [ownerId, assetId],
  })
  return rows[0] && assetFrom(rows[0])
}

export interface FoundContent {
  readonly asset: Asset
  /** Where the bytes lie; null where the blob store has lost them. */
  readonly key: string | null
}

/** As `findAsset`, with its bytes. */
export async function findContent(
  client: ClientBase,
  { ownerId, assetId }: { readonly ownerId: string; readonly assetId: string },
): Promise<FoundContent | undefined> {
  const { rows } = await client.query<Row & { readonly key: string | null }>({
    name: 'find-content',
    text: `
      select ${columns}, b.key
        from asset_list a
        left join blob b on b.tenant_id = a.tenant_id and b.sha256 = a.sha256
       where a.owner_id = $1 and a.id = $2 and ${shown}`,
    values: [ownerId, assetId],
  })
  return rows[0] && { asset: assetFrom(rows[0]), key: rows[0].key }
}

interface UsageRow {
  readonly media_type: string
  readonly is_shown: boolean
  readonly bytes: string
  readonly files: number
}

/** What one owner's instances hold: by media type, and whether it is shown. */
export async function sumUsage(client: ClientBase, ownerId: string) {
  const { rows } = await client.query<UsageRow>({
    name: 'sum-usage',
    text: `
      select a.media_type, ${shown} as is_shown, sum(a.size_bytes) as bytes, count(*)::int as files
        from asset_list a
       where a.owner_id = $1
       group by 1, 2
       order by 1`,
    values: [ownerId],
  })
  return rows.map(({ media_type: mediaType, is_shown: isShown, bytes, files }) => ({
    mediaType,
    isShown,
    bytes: Number(bytes),
    files,
  }))
}

/** What was made of the contents that an owner has, each once: from these, however many others. */
const derived = `
  (select distinct tenant_id, sha256 from asset_list where owner_id = $1) own
  join blob_variant v on v.tenant_id = own.tenant_id and v.sha256 = own.sha256`

/** What was derived from the owner's images; shared bytes count once. */
export async function sumDerived(client: ClientBase, ownerId: string) {
  const { rows } = await client.query<{ readonly bytes: string; readonly files: number }>({
    name: 'sum-derived',
    text: `
      select coalesce(sum(v.size_bytes), 0) as bytes, count(*)::int as files
        from ${derived}`,
    values: [ownerId],
  })
  return { bytes: Number(rows[0]?.bytes ?? 0), files: rows[0]?.files ?? 0 }
}

export interface DerivedPicture {
  readonly sha256: string
  readonly key: string
  readonly sizeBytes: number
  readonly storedAt: string
}

/** What `sumDerived` counts, one by one, the oldest first. */
export async function listDerived(
  client: ClientBase,
  { ownerId, limit }: { readonly ownerId: string; readonly limit: number },
): Promise<DerivedPicture[]> {
  const { rows } = await client.query<{
    readonly sha256: string
    readonly key: string
    readonly size_bytes: string
    readonly stored_at: Date
  }>({
    name: 'list-derived',
    text: `
      select v.sha256, v.key, v.size_bytes, v.stored_at
        from ${derived}
       order by v.stored_at
       limit $2`,
    values: [ownerId, limit],
  })
  return rows.map((row) => ({
    sha256: row.sha256,
    key: row.key,
    sizeBytes: Number(row.size_bytes),
    storedAt: row.stored_at.toISOString(),
  }))
}

/** Instances that were not purged, in the order of their ids. */
export async function listStorages(
  client: ClientBase,
  { afterId, limit }: { readonly afterId: string; readonly limit: number },
) {
  const { rows } = await client.query<{ readonly id: string; readonly owner_id: string }>({
    name: 'list-storages',
    text: `
      select id, owner_id from instance_storage
       where id > $1 and status <> 'purged'
       order by id
       limit $2`,
    values: [afterId, limit],
  })
  return rows.map(({ id, owner_id: ownerId }) => ({ instanceId: id, ownerId }))
}

function assetFrom(row: Row): Asset {
  return {
    id: row.id,
    instanceId: row.instance_id,
    name: row.name,
    mediaType: row.media_type,
    sizeBytes: Number(row.size_bytes),
    sha256: row.sha256,
    ...(row.width === null ? {} : { width: row.width }),
    ...(row.height === null ? {} : { height: row.height }),
    createdAt: row.stored_at.toISOString(),
  }
}
