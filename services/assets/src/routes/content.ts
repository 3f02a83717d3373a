import * as contract from '@atrium/contracts/assets/http.ts'
import { BlobMissing, blobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import { contentAnswer, type ByteRange } from '@atrium/platform/http/content-answer.ts'
import type { Answer, Exchange } from '@atrium/platform/http/exchange.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import type { Links, Storages } from '../aggregates.ts'
import { contentTypeOf, safetyHeaders } from '../content/disposition.ts'
import type { ReadByLink } from '../link.ts'
import type { LinkTokens } from '../link-token.ts'
import { findContent, type FoundContent } from '../projections/library/query.ts'
import { isShown } from '../storage-state.ts'

export interface Deps {
  readonly database: Database
  readonly blobs: BlobStore
  readonly storages: Storages
  readonly links: Links
  readonly linkTokens: LinkTokens
}

type Reading = Exchange<typeof contract.getAssetContent> | Exchange<typeof contract.readLink>

/** Between finding bytes and reading them they may have moved, once; not again and again. */
const attemptsMax = 3

export function mountContent(app: FastifyInstance, deps: Deps) {
  mount(app, contract.getAssetContent, (exchange) => {
    const { caller, params } = exchange
    const of = { tenant: caller.tenant, ownerId: caller.userId, assetId: params.assetId }
    return answer(deps, exchange, of)
  })

  mount(app, contract.readLink, async (exchange) => {
    const { storages, links, linkTokens } = deps
    const named = linkTokens.verify(exchange.params.token)
    if (!named) throw new Rejection('not-found')
    const { tenant, linkId } = named
    const { state: link } = await links.load(tenant, linkId)
    if (link.status !== 'open') throw new Rejection('not-found')
    const { ownerId, assetId } = link
    // Whoever follows a link has no token that says how fresh an answer must be: so it is as fresh
    // as the log, and what was deleted is gone at once.
    const { state } = await storages.load(tenant, ownerId)
    if (!isShown(state, assetId)) throw new Rejection('not-found')

    const read = async (reads: ReadByLink['reads'], word: string) => {
      const cause = { ...partOf(exchange.cause, word), tenant }
      await links.handle(linkId, { type: 'ReadByLink', at: exchange.at, reads }, cause)
    }
    await read('nothing', 'look')
    return answer(deps, exchange, { tenant, ownerId, assetId }, async ({ start }) => {
      if (exchange.method === 'HEAD') return
      await read(start === 0 ? 'from-start' : 'from-later', 'read')
    })
  })
}

/** `admit` is asked once, when it is known which bytes are to be sent. */
async function answer(
  { database, blobs }: Deps,
  exchange: Reading,
  {
    tenant,
    ...of
  }: { readonly tenant: string; readonly ownerId: string; readonly assetId: string },
  admit: (range: ByteRange) => Promise<void> = () => Promise.resolve(),
): Promise<Answer> {
  let isAdmitted = false
  for (let attempt = 1; ; attempt += 1) {
    const found = await database.forTenant(tenant, (client) => findContent(client, of), {
      readOnly: true,
    })
    if (!found) throw new Rejection('not-found')
    try {
      return await contentAnswer(exchange, {
        ...representationOf(found, exchange.query.download ?? false),
        async open(range) {
          if (!isAdmitted) await admit(range)
          isAdmitted = true
          const key = keyOf(found)
          return (await blobs.read(key, { range, signal: exchange.signal })).stream
        },
      })
    } catch (error) {
      if (!(error instanceof BlobMissing) || attempt === attemptsMax) throw error
    }
  }
}

function representationOf({ asset }: FoundContent, isDownload: boolean) {
  const { name, mediaType, sizeBytes, sha256 } = asset
  return {
    tag: sha256,
    sizeBytes,
    mediaType: contentTypeOf(mediaType),
    headers: {
      ...safetyHeaders(name, mediaType, isDownload),
      // Kept by the reader alone, and asked for again each time: it may be deleted meanwhile.
      'cache-control': 'private, no-cache',
    },
  }
}

function keyOf({ asset, key }: FoundContent) {
  if (key === null) throw new Error(`the bytes of ${asset.id} are lost`)
  return blobKey(key)
}
