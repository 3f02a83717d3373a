import type { SharedFile } from '@atrium/contracts/assets/file-http.ts'
import type { ClientBase } from 'pg'
import { topId } from './query.ts'

interface Row {
  readonly instance_id: string
  readonly owner_id: string
  readonly entry_id: string
  readonly path: string
  readonly asset_id: string | null
  readonly media_type: string | null
  readonly size_bytes: string | null
  readonly access: SharedFile['access']
  readonly shared_at: Date
  readonly expires_at: Date | null
}

export interface SharedEntry {
  readonly entryId: string
  readonly file: SharedFile
}

export interface SharedQuery {
  readonly userId: string
  /** Shares that have expired by then are left out. */
  readonly at: string
  readonly limit: number
  /** The last of the page before. */
  readonly after?: { readonly sharedAt: string; readonly entryId: string }
}

/**
 * Up to `limit` of what is shared with a user in instances that are there, the newest share first,
 * each with its path as it is now. Row-level security adds the tenant.
 */
export async function listSharedWith(
  client: ClientBase,
  { userId, at, limit, after }: SharedQuery,
): Promise<SharedEntry[]> {
  const { rows } = await client.query<Row>({
    name: 'list-shared-with',
    text: `
      select s.instance_id, i.owner_id, s.entry_id, above.path, e.asset_id, e.media_type,
             e.size_bytes, s.access, s.shared_at, s.expires_at
        from file_share s
        join file_entry e on e.tenant_id = s.tenant_id and e.id = s.entry_id
        join instance_storage i
          on i.tenant_id = s.tenant_id and i.id = s.instance_id and i.status = 'active'
       cross join lateral (
         with recursive up (step, parent_id, name) as (
           select 0, e.parent_id, e.name
           union all
           select up.step + 1, folder.parent_id, folder.name
             from up, lateral (
               select p.parent_id, p.name from file_entry p
                where p.tenant_id = s.tenant_id and p.id = up.parent_id
                limit 1
             ) folder
            where up.parent_id <> '${topId}'
         )
         select string_agg(name, '/' order by step desc) as path from up
       ) above
       where s.user_id = $1 and (s.expires_at is null or s.expires_at > $2)
         and ($3::timestamptz is null or (s.shared_at, s.entry_id) < ($3, $4))
       order by s.shared_at desc, s.entry_id desc
       limit $5`,
    values: [userId, at, after?.sharedAt ?? null, after?.entryId ?? null, limit],
  })
  return rows.map((row) => ({ entryId: row.entry_id, file: sharedFrom(row) }))
}

function sharedFrom(row: Row): SharedFile {
  const { media_type: mediaType, size_bytes: sizeBytes, expires_at: expiresAt } = row
  return {
    instanceId: row.instance_id,
    ownerId: row.owner_id,
    path: row.path,
    kind: row.asset_id === null ? 'folder' : 'file',
    ...(mediaType === null ? {} : { mediaType }),
    ...(sizeBytes === null ? {} : { sizeBytes: Number(sizeBytes) }),
    access: row.access,
    sharedAt: row.shared_at.toISOString(),
    ...(expiresAt === null ? {} : { expiresAt: expiresAt.toISOString() }),
  }
}
