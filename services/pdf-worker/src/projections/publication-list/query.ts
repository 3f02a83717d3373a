import type { Publication } from '@atrium/contracts/pdf/gallery-http.ts'
import type { ClientBase } from 'pg'
import type { Published } from '../../listing.ts'

interface Row {
  readonly tenant_id: string
  readonly id: string
  readonly slug: string
  readonly owner_id: string
  readonly title: string
  readonly description: string
  readonly author: string
  readonly category: string
  readonly device: string
  readonly content_sha256: string
  readonly pages: number
  readonly assets: Published['assets']
  readonly clone_count: number
  readonly published_at: Date
}

type Client = Pick<ClientBase, 'query'>

/** A publication as it is shown, and what its content and its assets are found by. */
export interface ListedPublication {
  readonly publication: Publication
  readonly publicationId: string
  readonly contentSha256: string
  readonly assets: Published['assets']
}

export interface AfterPublication {
  readonly publishedAt: string
  readonly id: string
}

// Row-level security adds the tenant to every query that a route makes. What was published from a
// deleted project or instance is not shown.

const columns = `
  tenant_id, id, slug, owner_id, title, description, author, category, device, content_sha256,
  pages, assets, clone_count, published_at`

const isShown = `published and not exists (
  select from hidden_source h
   where h.tenant_id = p.tenant_id and h.id in (p.project_id, p.instance_id, 'tenant'))`

/** Up to `limit` publications, newest first; with `text`, those that have it anywhere in words. */
export async function listPublications(
  client: Client,
  query: {
    readonly text: string | undefined
    readonly limit: number
    readonly after: AfterPublication | undefined
  },
): Promise<ListedPublication[]> {
  const { text, limit, after } = query
  const { rows } = await client.query<Row>({
    name: 'list-publications',
    text: `
      select ${columns} from publication_list p
       where ${isShown}
         and ($1::text is null
              or position(lower($1) in
                   lower(concat_ws(' ', title, description, category, author, slug))) > 0)
         and ($2::timestamptz is null or (published_at, id) < ($2, $3))
       order by published_at desc, id desc
       limit $4`,
    values: [text ?? null, after?.publishedAt ?? null, after?.id ?? null, limit],
  })
  return rows.map(listedFrom)
}

export async function findPublication(
  client: Client,
  slug: string,
): Promise<ListedPublication | undefined> {
  const { rows } = await client.query<Row>({
    name: 'find-publication',
    text: `select ${columns} from publication_list p where slug = $1 and ${isShown}`,
    values: [slug],
  })
  return rows[0] && listedFrom(rows[0])
}

/** One by its id, of whatever tenant, also where it is published no longer. */
export async function readPublication(
  client: Client,
  tenant: string,
  publicationId: string,
): Promise<ListedPublication | undefined> {
  const { rows } = await client.query<Row>({
    name: 'read-publication',
    text: `select ${columns} from publication_list where tenant_id = $1 and id = $2`,
    values: [tenant, publicationId],
  })
  return rows[0] && listedFrom(rows[0])
}

export interface PublicationKey {
  readonly tenant: string
  readonly publicationId: string
  readonly slug: string
  readonly assetIds: readonly string[]
}

/** Published from what is gone for good, in all tenants. */
export async function listOrphanedPublications(
  client: Client,
  { limit }: { readonly limit: number },
): Promise<PublicationKey[]> {
  const { rows } = await client.query<Row>({
    name: 'list-orphaned-publications',
    text: `
      select ${columns} from publication_list p
       where published and exists (
         select from hidden_source h
          where h.tenant_id = p.tenant_id and h.removed
            and h.id in (p.project_id, p.instance_id, 'tenant'))
       order by published_at limit $1`,
    values: [limit],
  })
  return rows.map(keyFrom)
}

/** Published no longer, in all tenants, and needed by no copy that is under way. */
export async function listRetiredPublications(
  client: Client,
  { limit }: { readonly limit: number },
): Promise<PublicationKey[]> {
  const { rows } = await client.query<Row>({
    name: 'list-retired-publications',
    text: `
      select ${columns} from publication_list p
       where not published and not exists (
         select from clone_list c
          where c.tenant_id = p.tenant_id and c.publication_id = p.id and c.status = 'pending')
       order by published_at limit $1`,
    values: [limit],
  })
  return rows.map(keyFrom)
}

/** Every publication of all tenants whose bytes are kept. */
export async function listKeptPublications(client: Client): Promise<PublicationKey[]> {
  const { rows } = await client.query<Row>({
    name: 'list-kept-publications',
    text: `select ${columns} from publication_list`,
  })
  return rows.map(keyFrom)
}

const keyFrom = (row: Row): PublicationKey => ({
  tenant: row.tenant_id,
  publicationId: row.id,
  slug: row.slug,
  assetIds: row.assets.map(({ assetId }) => assetId),
})

const listedFrom = (row: Row): ListedPublication => ({
  publicationId: row.id,
  contentSha256: row.content_sha256,
  assets: row.assets,
  publication: {
    slug: row.slug,
    title: row.title,
    description: row.description,
    category: row.category,
    author: row.author,
    ownerId: row.owner_id,
    device: row.device,
    pages: row.pages,
    cloneCount: row.clone_count,
    publishedAt: row.published_at.toISOString(),
  },
})
