import { isBlobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { keptKey } from '../gallery/kept-assets.ts'
import { listKeptPublications } from '../projections/publication-list/query.ts'
import { listResults } from '../projections/result-list/query.ts'
import { resultKey } from '../rendering/render-attempt.ts'

export interface Comparison {
  /** PDFs, and assets of publications, whose bytes should be there. */
  readonly known: number
  /** Bytes that nothing has, removed. */
  readonly orphans: readonly string[]
  /** What is without its bytes. */
  readonly missing: readonly string[]
}

export interface CompareDeps {
  readonly database: Pick<Database, 'owner'>
  readonly blobs: BlobStore
  /** Younger bytes may belong to a render that is just being completed. */
  readonly unsettledMs: number
}

/**
 * Holds the blob store against the read model: removes what a render left that ended between
 * storing and saying so, and what was begun and never whole; tells of what should be there and is
 * not.
 */
export async function compareResults(
  { database, blobs, unsettledMs }: CompareDeps,
  at: string,
): Promise<Comparison> {
  const oldBefore = Date.parse(at) - unsettledMs
  const stored = new Map<string, Date>()
  for await (const { key, modifiedAt } of blobs.list()) stored.set(key, modifiedAt)
  // Read afterwards: what was stored by then is known by now, or young.
  const known = await knownKeys(database)
  const orphans: string[] = []
  for (const [key, modifiedAt] of stored) {
    if (known.has(key) || modifiedAt.getTime() > oldBefore || !isOurs(key)) continue
    if (isBlobKey(key)) await blobs.remove(key)
    orphans.push(key)
  }
  for await (const { key, modifiedAt, drop } of blobs.listStaged()) {
    if (modifiedAt.getTime() > oldBefore || !isOurs(key)) continue
    await drop() // a new stage of the key would be another writer's
    orphans.push(key)
  }
  const missing = [...known].filter((key) => !stored.has(key))
  const gone = await stillMissing(blobs, missing)
  return { known: known.size, orphans, missing: gone }
}

/** Of PDFs, and of what is kept for the gallery. */
async function knownKeys({ owner }: CompareDeps['database']): Promise<ReadonlySet<string>> {
  const results = await listResults(owner)
  const publications = await listKeptPublications(owner)
  return new Set<string>([
    ...results.map(({ tenant, resultId }) => resultKey(tenant, resultId)),
    ...publications.flatMap(({ tenant, publicationId, assetIds }) =>
      assetIds.map((assetId) => keptKey(tenant, publicationId, assetId)),
    ),
  ])
}

/** The listing is older than the read model: what was stored in between is asked for by itself. */
async function stillMissing(blobs: BlobStore, keys: readonly string[]) {
  const found = await Promise.all(
    keys.map(async (key) => {
      if (!isBlobKey(key)) return key
      return blobs.head(key).then(
        () => undefined,
        () => key,
      )
    }),
  )
  return found.filter((key) => key !== undefined)
}

const isOurs = (key: string) =>
  /^[A-Za-z0-9_-]{1,64}\/(res_[0-9a-f]{32}|pub_[0-9a-f]{32}\/ast_[0-9a-f]{32})$/.test(key)
