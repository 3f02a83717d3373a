import {
  BlobMissing,
  blobKey,
  type BlobStore,
  type StagedEntry,
} from '@atrium/platform/blobs/port.ts'
import type { Pool, PoolClient } from 'pg'
import { createFaults, inParallel } from '../collecting/in-parallel.ts'
import { isDerived } from '../variants/keep-variant.ts'

/** Bytes that should be there, by what has them. */
export interface MissingBlob {
  readonly tenant: string
  readonly sha256: string
  /** Null where the log says already that the bytes are lost. */
  readonly key: string | null
}

export interface BlobComparison {
  readonly blobs: number
  readonly orphans: readonly string[]
  /** Derived pictures that nobody noted. */
  readonly leftovers: readonly string[]
  readonly staged: readonly StagedEntry[]
  readonly stagedLeftovers: readonly StagedEntry[]
  readonly missing: readonly MissingBlob[]
  readonly unsettled: number
}

const batchMax = 1_000
const parallelMax = 16

/** What is told, and mended, of each kind in one proof. More are left to the next. */
const foundMax = 10_000

/**
 * Holds the blob store against the read models, which must be as far as the log was when it began.
 * Bytes that came after `settledBefore` may belong to an upload that is under way: what nothing has
 * of those is unsettled and no orphan.
 */
export async function compareBlobs(
  { owner, blobs }: { readonly owner: Pool; readonly blobs: BlobStore },
  settledBefore: Date,
): Promise<BlobComparison> {
  const client = await owner.connect()
  try {
    const listed = await listInto(client, blobs)
    const unheld = await listUnheld(client)
    const settled = unheld.filter(({ modified_at: at }) => at < settledBefore)
    const keys = settled.map(({ key }) => key)
    const staged = await listOldStages(owner, blobs, settledBefore)
    const missing = await stillMissing(owner, blobs, await listUnseen(client))
    return {
      blobs: listed,
      orphans: keys.filter((key) => !isDerived(key)),
      leftovers: keys.filter(isDerived),
      staged: staged.filter(({ key }) => !isDerived(key)),
      stagedLeftovers: staged.filter(({ key }) => isDerived(key)),
      missing,
      unsettled: unheld.length - settled.length,
    }
  } finally {
    client.release(true) // with its temporary table
  }
}

/** Into a table of this connection, so that an installation of any size can be compared. */
async function listInto(client: PoolClient, blobs: BlobStore): Promise<number> {
  await client.query(
    'create temporary table listed_blob (key text primary key, modified_at timestamptz not null)',
  )
  let count = 0
  let batch: { key: string; modifiedAt: Date }[] = []
  const flush = async () => {
    await client.query(
      `insert into listed_blob
       select * from unnest($1::text[], $2::timestamptz[])
           on conflict do nothing`,
      [batch.map(({ key }) => key), batch.map(({ modifiedAt }) => modifiedAt)],
    )
    count += batch.length
    batch = []
  }
  for await (const { key, modifiedAt } of blobs.list()) {
    batch.push({ key, modifiedAt })
    if (batch.length >= batchMax) await flush()
  }
  await flush()
  await client.query('analyze listed_blob')
  return count
}

const knownKeys = `
  select key from blob
  union all select key from blob_variant
  union all select key from condemned_blob
  union all select tenant_id || '/' || id from upload_list`

/**
 * Asked when the listing is over: what was held meanwhile is known by now. The bytes of a resumable
 * upload are known from its beginning, however old they are when it ends.
 */
async function listUnheld(client: PoolClient) {
  const { rows } = await client.query<{ readonly key: string; readonly modified_at: Date }>(`
    select l.key, l.modified_at
      from listed_blob l
     where not exists (select from (${knownKeys}) known where known.key = l.key)
     limit ${foundMax}`)
  return rows
}

/** Bytes that were not listed, and assets without bytes. */
async function listUnseen(client: PoolClient): Promise<MissingBlob[]> {
  const { rows } = await client.query<{ tenant_id: string; sha256: string; key: string | null }>(`
    select tenant_id, sha256, key
      from (select tenant_id, sha256, key from blob
            union all select tenant_id, sha256, key from blob_variant) known
     where not exists (select from listed_blob l where l.key = known.key)
    union all
    select distinct a.tenant_id, a.sha256, null
      from asset_list a
     where not exists (
             select from blob b where b.tenant_id = a.tenant_id and b.sha256 = a.sha256)
     limit ${foundMax}`)
  return rows.map(({ tenant_id: tenant, sha256, key }) => ({ tenant, sha256, key }))
}

/** Without what came after the listing, or was condemned meanwhile. */
async function stillMissing(
  owner: Pool,
  blobs: BlobStore,
  unseen: readonly MissingBlob[],
): Promise<MissingBlob[]> {
  const faults = createFaults('could not be looked for')
  const missing: MissingBlob[] = []
  await inParallel(parallelMax, unseen, faults.note, async (blob) => {
    const { tenant, sha256, key } = blob
    if (key !== null && (await isThere(blobs, key))) return
    const { rows } = await owner.query<{ readonly key: string }>(
      `select key from blob where tenant_id = $1 and sha256 = $2
        union all select key from blob_variant where tenant_id = $1 and sha256 = $2`,
      [tenant, sha256],
    )
    const isAsBefore = key === null ? rows.length === 0 : rows.some((row) => row.key === key)
    if (isAsBefore) missing.push(blob)
  })
  faults.throwAny()
  return missing
}

async function isThere(blobs: BlobStore, key: string): Promise<boolean> {
  try {
    await blobs.head(blobKey(key))
    return true
  } catch (error) {
    if (error instanceof BlobMissing) return false
    throw error
  }
}

/** Begun and never finished; of resumable ones only those that no upload goes on with. */
async function listOldStages(
  owner: Pool,
  blobs: BlobStore,
  settledBefore: Date,
): Promise<StagedEntry[]> {
  const old: StagedEntry[] = []
  for await (const entry of blobs.listStaged()) {
    if (entry.modifiedAt < settledBefore && old.length < foundMax) old.push(entry)
  }
  const keys = old.flatMap(({ key, isResumable }) => (isResumable ? [key] : []))
  const { rows } = await owner.query<{ readonly key: string }>(
    `select named.key
       from (select tenant_id || '/' || id as key from upload_list) named
      where named.key = any($1::text[])`,
    [keys],
  )
  const named = new Set(rows.map(({ key }) => key))
  return old.filter(({ key, isResumable }) => !isResumable || !named.has(key))
}
