import type { ProjectSummary } from '@atrium/contracts/instances/project.ts'
import type { ClientBase } from 'pg'

interface Row {
  readonly id: string
  readonly instance_id: string
  readonly kind: ProjectSummary['kind']
  readonly name: string
  readonly description: string | null
  readonly content_sha256: string
  readonly content_size_bytes: number
  readonly asset_ids: string[]
  readonly archived: boolean
  readonly status: ProjectSummary['status']
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
  readonly updated_by: string
  readonly deleted_at: Date | null
  readonly purge_at: Date | null
}

const columns = `
  p.id, p.instance_id, p.kind, p.name, p.description, p.content_sha256, p.content_size_bytes,
  p.asset_ids, p.archived, p.status, p.version, p.created_at, p.updated_at, p.updated_by,
  p.deleted_at, p.purge_at`

/** Nothing of an instance is there while the instance itself is not, at once. */
const ofActiveInstance = `
  exists (select from instance_list i
           where i.id = p.instance_id and i.owner_id = p.owner_id and i.status = 'active')`

/** The last project of the page before: the list goes on behind it. */
export interface AfterProject {
  readonly updatedAt: string
  readonly id: string
}

export interface ProjectQuery {
  readonly ownerId: string
  readonly instanceId: string
  readonly status: ProjectSummary['status']
  readonly kind?: ProjectSummary['kind'] | undefined
  readonly archived?: boolean | undefined
  /** Looked for in name and description; of one instance, so there are few to look through. */
  readonly text?: string | undefined
  readonly limit: number
  readonly after?: AfterProject
}

// Row-level security adds the tenant to every query here that has no tenant of its own.

/** Up to `limit` projects of one instance, last changed first. */
export async function listProjects(
  client: ClientBase,
  query: ProjectQuery,
): Promise<ProjectSummary[]> {
  const { ownerId, instanceId, status, kind, archived, text, limit, after } = query
  const { rows } = await client.query<Row>({
    name: 'list-projects',
    text: `
      select ${columns}
        from project_list p
       where p.instance_id = $1 and p.owner_id = $2 and p.status = $3
         and ($4::text is null or p.kind = $4)
         and ($5::boolean is null or p.archived = $5)
         and ($6::text is null or p.name ilike $6 or p.description ilike $6)
         and ($7::timestamptz is null or (p.updated_at, p.id) < ($7, $8))
         and ${ofActiveInstance}
       order by p.updated_at desc, p.id desc
       limit $9`,
    values: [
      instanceId,
      ownerId,
      status,
      kind ?? null,
      archived ?? null,
      text === undefined ? null : containing(text),
      after?.updatedAt ?? null,
      after?.id ?? null,
      limit,
    ],
  })
  return rows.map(summaryFrom)
}

/** `text` anywhere, as it is: what LIKE takes for patterns is taken as text. */
const containing = (text: string) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`

export interface FoundProject {
  readonly summary: ProjectSummary
  readonly contentSha256: string
}

/** The owner's active project of that active instance; undefined for any other. */
export async function findProject(
  client: ClientBase,
  query: { ownerId: string; instanceId: string | undefined; projectId: string },
): Promise<FoundProject | undefined> {
  const { rows } = await client.query<Row>({
    name: 'find-project',
    text: `
      select ${columns}
        from project_list p
       where p.id = $1 and ($2::text is null or p.instance_id = $2) and p.owner_id = $3
         and p.status = 'active' and ${ofActiveInstance}`,
    values: [query.projectId, query.instanceId ?? null, query.ownerId],
  })
  const [row] = rows
  return row && { summary: summaryFrom(row), contentSha256: row.content_sha256 }
}

/** Of an instance, those that a deletion would take along. */
export async function countProjects(client: ClientBase, instanceId: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'count-projects',
    text: `
      select count(*)::int as count from project_list
       where instance_id = $1 and status = 'active'`,
    values: [instanceId],
  })
  return rows[0]?.count ?? 0
}

/** A project of any tenant. */
export interface ProjectPlaceInTenant {
  readonly tenant: string
  readonly ownerId: string
  readonly instanceId: string
  readonly projectId: string
}

/** Deleted projects of all tenants whose retention has passed, longest overdue first. */
export async function listDueProjects(
  client: Pick<ClientBase, 'query'>,
  { at, limit }: { at: string; limit: number },
): Promise<ProjectPlaceInTenant[]> {
  const { rows } = await client.query<ProjectPlaceInTenant>({
    name: 'list-due-projects',
    text: `
      select tenant_id as tenant, owner_id as "ownerId", instance_id as "instanceId",
             id as "projectId"
        from project_list
       where status = 'deleted' and purge_at <= $1
       order by purge_at limit $2`,
    values: [at, limit],
  })
  return rows
}

/** All projects of one instance that are not purged, the deleted ones too. */
export async function listProjectsOfInstance(
  client: Pick<ClientBase, 'query'>,
  { tenant, instanceId }: { tenant: string; instanceId: string },
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'list-projects-of-instance',
    text: 'select id from project_list where tenant_id = $1 and instance_id = $2',
    values: [tenant, instanceId],
  })
  return rows.map(({ id }) => id)
}

function summaryFrom(row: Row): ProjectSummary {
  return {
    id: row.id,
    instanceId: row.instance_id,
    name: row.name,
    description: row.description,
    kind: row.kind,
    assetIds: row.asset_ids,
    contentSizeBytes: row.content_size_bytes,
    archived: row.archived,
    status: row.status,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at.toISOString() }),
    ...(row.purge_at === null ? {} : { purgeAt: row.purge_at.toISOString() }),
  }
}
