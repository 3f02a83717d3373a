import type { ClientBase, Pool } from 'pg'

// Row-level security adds the tenant to the queries of routes.

export interface SessionRow {
  readonly id: string
  readonly device_name: string
  readonly started_at: Date
  readonly last_seen_at: Date
  readonly expires_at: Date
}

/** The last session of the page before: the list goes on behind it. */
export interface AfterSession {
  readonly lastSeenAt: string
  readonly id: string
}

/** Up to `limit` living sessions of one user, last seen first. */
export async function listSessions(
  client: ClientBase,
  query: { userId: string; at: string; limit: number; after: AfterSession | undefined },
): Promise<readonly SessionRow[]> {
  const { userId, at, limit, after } = query
  const { rows } = await client.query<SessionRow>({
    name: 'list-sessions',
    text: `
      select id, device_name, started_at, last_seen_at, expires_at
        from session_list
       where user_id = $1 and ended_at is null and expires_at > $2
         and ($3::timestamptz is null or (last_seen_at, id) < ($3, $4))
       order by last_seen_at desc, id desc
       limit $5`,
    values: [userId, at, after?.lastSeenAt ?? null, after?.id ?? null, limit],
  })
  return rows
}

/**
 * Up to `limit` living sessions of a user that began at or before a position, by id after
 * `afterId`.
 */
export async function listSessionIdsBefore(
  client: ClientBase,
  query: { userId: string; position: number; afterId: string; limit: number },
): Promise<readonly string[]> {
  const { userId, position, afterId, limit } = query
  const { rows } = await client.query<{ id: string }>({
    name: 'list-session-ids-before',
    text: `
      select id from session_list
       where user_id = $1 and ended_at is null and started_position <= $2 and id > $3
       order by id limit $4`,
    values: [userId, position, afterId, limit],
  })
  return rows.map(({ id }) => id)
}

/** Open sessions of everybody in the tenant that began at or before a position, by id. */
export async function listOpenSessions(
  client: ClientBase,
  { position, afterId, limit }: { position: number; afterId: string; limit: number },
): Promise<readonly { readonly id: string; readonly userId: string }[]> {
  const { rows } = await client.query<{ id: string; user_id: string }>({
    name: 'list-open-sessions',
    text: `
      select id, user_id from session_list
       where ended_at is null and started_position <= $1 and id > $2
       order by id limit $3`,
    values: [position, afterId, limit],
  })
  return rows.map((row) => ({ id: row.id, userId: row.user_id }))
}

/**
 * Which of these sessions have ended or expired, in whatever tenant. Ids that never were have not.
 */
export async function findEnded(
  owner: Pick<Pool, 'query'>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await owner.query<{ id: string }>({
    name: 'find-ended-sessions',
    text: 'select id from session_list where id = any ($1) and ended_at is not null',
    values: [ids],
  })
  return new Set(rows.map(({ id }) => id))
}
