import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { VariantQuery } from '@atrium/contracts/assets/variant.ts'
import { BlobMissing, blobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import { contentAnswer, type ByteRange } from '@atrium/platform/http/content-answer.ts'
import type { Answer } from '@atrium/platform/http/exchange.ts'
import type { RecentReads } from '@atrium/platform/projections/recent-reads.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { findContent, type FoundContent } from '../projections/library/query.ts'
import type { Variants } from '../variants/variants.ts'
import { contentTypeOf, nameAs, safetyHeaders } from './disposition.ts'

export interface ContentDeps {
  readonly database: Database
  readonly blobs: BlobStore
  readonly variants: Variants
  readonly recentContent: RecentReads<FoundContent>
}

/** What a reading request says of the bytes that it wants. */
export interface ContentRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly query: VariantQuery & { readonly download?: boolean }
  readonly cause: Cause
  readonly signal: AbortSignal
}

export interface ContentOf {
  readonly tenant: string
  readonly ownerId: string
  readonly assetId: string
  /** Instead of the asset's own. */
  readonly name?: string
}

/** Between finding bytes and reading them they may have moved, once; not again and again. */
const attemptsMax = 3

/**
 * The bytes of an asset, or of a picture that is made from it, by ranges and conditions. `admit` is
 * asked once, when it is known which bytes are to be sent. Throws Rejection `not-found`, and what
 * `contentAnswer` and `Variants` throw.
 */
export async function answerContent(
  deps: ContentDeps,
  request: ContentRequest,
  of: ContentOf,
  admit: (range: ByteRange) => Promise<void> = () => Promise.resolve(),
): Promise<Answer> {
  let isAdmitted = false
  for (let attempt = 1; ; attempt += 1) {
    const found = await (attempt === 1 ? find(deps, of) : findAnew(deps, of))
    try {
      const { open, mediaType, ...rest } = await representationOf(deps, request, of, found)
      const name = nameAs(of.name ?? found.asset.name, found.asset.mediaType, mediaType)
      return await contentAnswer(request, {
        ...rest,
        mediaType: contentTypeOf(mediaType),
        headers: {
          ...safetyHeaders(name, mediaType, request.query.download ?? false),
          // Kept by the reader alone, and asked for again each time: it may be deleted meanwhile.
          'cache-control': 'private, no-cache',
        },
        async open(range) {
          if (!isAdmitted) await admit(range)
          isAdmitted = true
          return open(range)
        },
      })
    } catch (error) {
      if (!(error instanceof BlobMissing) || attempt === attemptsMax) throw error
    }
  }
}

const keyOf = ({ tenant, ownerId, assetId }: ContentOf) => `${tenant} ${ownerId} ${assetId}`

async function find({ database, recentContent }: ContentDeps, of: ContentOf) {
  const read = () =>
    database.forTenant(of.tenant, (client) => findContent(client, of), { readOnly: true })
  const found = await recentContent.get(keyOf(of), read)
  if (!found) throw new Rejection('not-found')
  return found
}

async function findAnew(deps: ContentDeps, of: ContentOf) {
  deps.recentContent.forget(keyOf(of))
  return await find(deps, of)
}

interface Opened {
  readonly tag: string
  readonly sizeBytes: number
  readonly mediaType: string
  readonly open: (range: ByteRange) => Promise<Readable>
}

const variantParameters = Object.keys(VariantQuery) as (keyof VariantQuery)[]

async function representationOf(
  deps: ContentDeps,
  { query, cause, signal }: ContentRequest,
  of: ContentOf,
  { asset, key }: FoundContent,
): Promise<Opened> {
  const { mediaType, sha256, sizeBytes } = asset
  if (variantParameters.every((name) => query[name] === undefined)) {
    const open = async (range: ByteRange) => {
      if (key === null) throw new Error(`the bytes of ${asset.id} are lost`)
      return (await deps.blobs.read(blobKey(key), { range, signal })).stream
    }
    return { tag: sha256, sizeBytes, mediaType, open }
  }
  const { tenant, ownerId } = of
  const derived = await deps.variants.find({ tenant, ownerId, sha256, mediaType }, query, cause)
  // While it was made, the asset may have been deleted.
  if (derived.isFresh) await findAnew(deps, of)
  return {
    tag: derived.tag,
    sizeBytes: derived.sizeBytes,
    mediaType: derived.mediaType,
    open: (range) => derived.open(range, signal),
  }
}
