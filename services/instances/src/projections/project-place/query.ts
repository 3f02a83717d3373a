import type { ClientBase } from 'pg'
import { placeLeftAloneMs } from '../../owner/project-places.ts'

/** Places whose project does not need them: of one owner, or of all, those left alone longest. */
export async function listLeftPlaces(
  client: Pick<ClientBase, 'query'>,
  query: { at: string; tenant?: string; ownerId?: string },
): Promise<{ tenant: string; ownerId: string; projectId: string }[]> {
  const { at, tenant, ownerId } = query
  const { rows } = await client.query<{ tenant: string; ownerId: string; projectId: string }>({
    name: 'list-left-places',
    text: `
      select tenant_id as tenant, owner_id as "ownerId", project_id as "projectId"
        from project_place
       where not needed and taken_at <= $1
         and ($2::text is null or (tenant_id = $2 and owner_id = $3))
       order by taken_at limit $4`,
    values: [
      new Date(Date.parse(at) - placeLeftAloneMs).toISOString(),
      tenant ?? null,
      ownerId ?? null,
      leftMax,
    ],
  })
  return rows
}

/** Told at once; there are others only where very much went wrong. */
const leftMax = 500
