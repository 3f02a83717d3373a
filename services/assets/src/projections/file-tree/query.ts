import type { ClientBase } from 'pg'
import type { Path } from '../../files/path.ts'

interface Row {
  readonly id: string
  readonly name: string
  readonly asset_id: string | null
  readonly media_type: string | null
  readonly size_bytes: string | null
  readonly sha256: string | null
  readonly is_public: boolean
  readonly metadata: Readonly<Record<string, string>>
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
}

export interface FileEntry {
  readonly id: string
  readonly name: string
  /** Absent for a folder. */
  readonly content?: {
    readonly assetId: string
    readonly mediaType: string
    readonly sizeBytes: number
    readonly sha256: string
  }
  readonly isPublic: boolean
  readonly metadata: Readonly<Record<string, string>>
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
}

export interface ListedEntry extends FileEntry {
  /** From the folder that was listed. */
  readonly path: Path
}

// Row-level security adds the tenant to every query here.

const columns = `
  e.id, e.name, e.asset_id, e.media_type, e.size_bytes, e.sha256, e.is_public, e.metadata,
  e.version, e.created_at, e.updated_at`

/** The id that stands for the top of every instance. */
export const topId = 'top'

/**
 * The entries that a path leads through, from the top on; all of them where it leads to something.
 * One look-up in the index for each name: the limit keeps the planner from hashing the whole table.
 */
export async function followPath(
  client: ClientBase,
  { instanceId, path }: { readonly instanceId: string; readonly path: Path },
): Promise<readonly FileEntry[]> {
  const { rows } = await client.query<Row>({
    name: 'follow-file-path',
    text: `
      with recursive walk (step, id, entry) as (
        select 0, '${topId}', null::file_entry
        union all
        select walk.step + 1, (next.entry).id, next.entry
          from walk, lateral (
            select e as entry from file_entry e
             where e.instance_id = $1 and e.parent_id = walk.id
               and e.name = ($2::text[])[walk.step + 1]
             limit 1
          ) next
         where walk.step < cardinality($2::text[])
      )
      select ${columns} from walk, lateral (select (walk.entry).*) e
       where walk.step > 0
       order by walk.step`,
    values: [instanceId, path],
  })
  return rows.map(entryFrom)
}

/** The owner of an instance that is there; undefined for one that is deleted or nobody's. */
export async function findInstanceOwner(
  client: ClientBase,
  instanceId: string,
): Promise<string | undefined> {
  const { rows } = await client.query<{ readonly owner_id: string }>({
    name: 'find-instance-owner',
    text: `select owner_id from instance_storage where id = $1 and status = 'active'`,
    values: [instanceId],
  })
  return rows[0]?.owner_id
}

/** The widest share that a user has of any of these, now. */
export async function findShare(
  client: ClientBase,
  query: { readonly entryIds: readonly string[]; readonly userId: string; readonly at: string },
): Promise<'read' | 'write' | undefined> {
  const { rows } = await client.query<{ readonly access: 'read' | 'write' }>({
    name: 'find-file-share',
    text: `
      select access from file_share
       where entry_id = any($1) and user_id = $2 and (expires_at is null or expires_at > $3)
       order by access desc
       limit 1`,
    values: [query.entryIds, query.userId, query.at],
  })
  return rows[0]?.access
}

export interface Share {
  readonly userId: string
  readonly access: 'read' | 'write'
  readonly expiresAt?: string
}

export async function listShares(client: ClientBase, entryId: string): Promise<readonly Share[]> {
  const { rows } = await client.query<{
    readonly user_id: string
    readonly access: 'read' | 'write'
    readonly expires_at: Date | null
  }>({
    name: 'list-file-shares',
    text: `
      select user_id, access, expires_at from file_share where entry_id = $1 order by user_id`,
    values: [entryId],
  })
  return rows.map((row) => ({
    userId: row.user_id,
    access: row.access,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
  }))
}

export interface FolderQuery {
  readonly instanceId: string
  /** `topId` for the top. */
  readonly folderId: string
  readonly limit: number
  /** The name behind which the list goes on. */
  readonly after?: string
}

/** Up to `limit` entries of a folder, by their names as bytes. */
export async function listFolder(client: ClientBase, query: FolderQuery): Promise<ListedEntry[]> {
  const { instanceId, folderId, limit, after } = query
  const { rows } = await client.query<Row>({
    name: 'list-folder',
    text: `
      select ${columns}
        from file_entry e
       where e.instance_id = $1 and e.parent_id = $2 and e.name > $3
       order by e.name
       limit $4`,
    values: [instanceId, folderId, after ?? '', limit],
  })
  return rows.map((row) => ({ ...entryFrom(row), path: [row.name] }))
}

export interface DeepQuery extends Omit<FolderQuery, 'after'> {
  /** 1 is what `listFolder` gives. */
  readonly depth: number
  /** The path behind which the list goes on, from the folder; it need not be there any more. */
  readonly after?: Path
}

/**
 * Up to `limit` entries at most `depth` names below a folder, each folder before what it holds.
 * Goes down folder by folder and stops when it has enough: a page costs the same in a large tree.
 */
export async function listBelow(client: ClientBase, query: DeepQuery): Promise<ListedEntry[]> {
  const { instanceId, folderId, depth, limit } = query
  const found: ListedEntry[] = []

  const visit = async (parentId: string, above: Path, after: Path): Promise<void> => {
    const [passed, ...further] = after
    if (passed !== undefined && above.length + 1 < depth) {
      const folder = await findFolder(client, { instanceId, parentId, name: passed })
      if (folder !== undefined) await visit(folder, [...above, passed], further)
    }
    let behind = passed ?? ''
    let isEnd = false
    while (!isEnd && found.length < limit) {
      const wanted = limit - found.length
      const page = await listFolder(client, {
        instanceId,
        folderId: parentId,
        limit: wanted,
        after: behind,
      })
      for (const entry of page) {
        if (found.length >= limit) return
        const path = [...above, entry.name]
        found.push({ ...entry, path })
        if (!entry.content && path.length < depth) await visit(entry.id, path, [])
      }
      behind = page.at(-1)?.name ?? behind
      isEnd = page.length < wanted
    }
  }
  await visit(folderId, [], query.after ?? [])
  return found
}

async function findFolder(
  client: ClientBase,
  query: { readonly instanceId: string; readonly parentId: string; readonly name: string },
): Promise<string | undefined> {
  const { rows } = await client.query<{ readonly id: string }>({
    name: 'find-child-folder',
    text: `
      select id from file_entry
       where instance_id = $1 and parent_id = $2 and name = $3 and asset_id is null`,
    values: [query.instanceId, query.parentId, query.name],
  })
  return rows[0]?.id
}

export interface DueRelease {
  readonly tenant: string
  readonly instanceId: string
  readonly ownerId: string
  readonly assetIds: readonly string[]
}

interface DueRow {
  readonly tenant_id: string
  readonly instance_id: string
  readonly owner_id: string
  readonly asset_ids: readonly string[]
}

const dueFrom = (row: DueRow): DueRelease => ({
  tenant: row.tenant_id,
  instanceId: row.instance_id,
  ownerId: row.owner_id,
  assetIds: row.asset_ids,
})

interface Due {
  readonly before: string
  readonly limit: number
}

/** Assets of all tenants that were let go before a time, and that nobody told the storage of. */
export async function listDueReleases(
  client: Pick<ClientBase, 'query'>,
  { before, limit }: Due,
): Promise<readonly DueRelease[]> {
  const { rows } = await client.query<DueRow>({
    name: 'list-due-file-releases',
    text: `
      select tenant_id, instance_id, owner_id, array_agg(asset_id) as asset_ids
        from (select * from file_release where released_at < $1 order by released_at limit $2) due
       group by 1, 2, 3`,
    values: [before, limit],
  })
  return rows.map(dueFrom)
}

/** Assets of all tenants that were stored for a file before a time, and that none has. */
export async function listLooseAssets(
  client: Pick<ClientBase, 'query'>,
  { before, limit }: Due,
): Promise<readonly DueRelease[]> {
  const { rows } = await client.query<DueRow>({
    name: 'list-loose-file-assets',
    text: `
      select tenant_id, instance_id, owner_id, array_agg(id) as asset_ids
        from (
          select a.* from asset_list a
           where a.home = 'files' and a.status = 'kept' and a.stored_at < $1
             and not exists (
               select from file_entry e where e.tenant_id = a.tenant_id and e.asset_id = a.id)
           order by a.stored_at
           limit $2
        ) loose
       group by 1, 2, 3`,
    values: [before, limit],
  })
  return rows.map(dueFrom)
}

/** Copies of all tenants that were begun before a time and never attached. */
export async function listStaleCopies(client: Pick<ClientBase, 'query'>, { before, limit }: Due) {
  const { rows } = await client.query<Omit<DueRow, 'asset_ids'> & { readonly id: string }>({
    name: 'list-stale-file-copies',
    text: `
      select tenant_id, instance_id, owner_id, id from file_entry
       where parent_id = 'copies' and created_at < $1
       order by created_at limit $2`,
    values: [before, limit],
  })
  return rows.map((row) => ({
    tenant: row.tenant_id,
    instanceId: row.instance_id,
    ownerId: row.owner_id,
    copyId: row.id,
  }))
}

function entryFrom(row: Row): FileEntry {
  const { asset_id: assetId, media_type: mediaType, size_bytes: sizeBytes, sha256 } = row
  const isFile = assetId !== null && mediaType !== null && sizeBytes !== null && sha256 !== null
  return {
    id: row.id,
    name: row.name,
    ...(isFile ? { content: { assetId, mediaType, sizeBytes: Number(sizeBytes), sha256 } } : {}),
    isPublic: row.is_public,
    metadata: row.metadata,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}
