import { assetIdsOf } from '@atrium/contracts/planner/validate.ts'
import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Content } from '@atrium/platform/content/content.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Listings } from '../aggregates.ts'
import { countPages } from '../compiler/count-pages.ts'
import type { Published } from '../listing.ts'
import type { ReadProject } from '../peers.ts'
import type { ReadAssets } from '../rendering/render-job.ts'
import { askingFor, readPlanner } from '../requests/planner-source.ts'
import type { AssetPeer } from './asset-peer.ts'
import { dropAssets, keepAsset } from './kept-assets.ts'

export interface PublishDeps {
  readonly listings: Listings
  readonly content: Content
  readonly blobs: BlobStore
  readonly readProject: ReadProject
  readonly readAssets: ReadAssets
  readonly assetPeer: Pick<AssetPeer, 'describe'>
}

type Asking = Pick<Exchange, 'caller' | 'cause' | 'headers' | 'signal' | 'at' | 'newId'>

/**
 * Publishes a planner as it is now: its content by its hash, and its pictures and fonts as bytes of
 * our own, so that nothing that happens to the project or its assets later shows. Throws Rejection
 * `not-found`, `validation-failed`, `slug-taken`.
 */
export async function publish(
  deps: PublishDeps,
  { projectId, slug }: { readonly projectId: string; readonly slug: string },
  exchange: Asking,
) {
  const { cause, at, newId } = exchange
  const publicationId = newId('pub')
  const { state } = await deps.listings.load(cause.tenant, slug)
  if (state.status === 'published' && state.publication.publicationId !== publicationId) {
    throw new Rejection('slug-taken')
  }
  const publication = await describe(deps, { projectId, slug, publicationId }, exchange)
  try {
    const command = { type: 'PublishPlanner', publication, at } as const
    return await deps.listings.handle(slug, command, cause)
  } catch (error) {
    const isTaken = error instanceof Rejection && error.code === 'slug-taken'
    const assetIds = publication.assets.map(({ assetId }) => assetId)
    if (isTaken) await dropAssets(deps.blobs, cause.tenant, publicationId, assetIds)
    throw error
  }
}

async function describe(
  deps: PublishDeps,
  of: { readonly projectId: string; readonly slug: string; readonly publicationId: string },
  exchange: Asking,
): Promise<Published> {
  const { projectId, slug, publicationId } = of
  const { planner, content, title, project } = await readPlanner(
    deps.readProject,
    { projectId },
    exchange,
  )
  if (!project) throw new Rejection('not-found')
  const { tenant, userId: ownerId } = askingFor(exchange)
  const assets = await keepAssets(deps, publicationId, assetIdsOf(planner), exchange)
  const bytes = Buffer.from(JSON.stringify(content))
  const { description, author, originalAuthor, category, deviceProfile } = planner.metadata
  return {
    publicationId,
    slug,
    ownerId,
    projectId: project.id,
    instanceId: project.instanceId,
    title,
    description: cut(description),
    author: cut(originalAuthor ?? author),
    category: cut(category),
    device: cut(deviceProfile),
    contentSha256: await deps.content.put(tenant, bytes),
    pages: countPages(planner),
    assets,
    publishedAt: exchange.at,
  }
}

/** What is not there for the author is not there for anybody: it is left out. */
async function keepAssets(
  { readAssets, assetPeer, blobs }: PublishDeps,
  publicationId: string,
  assetIds: readonly string[],
  exchange: Asking,
): Promise<Published['assets']> {
  const asking = askingFor(exchange)
  const kept: Published['assets'] = []
  for (const { id, bytes } of await readAssets(asking, assetIds, exchange.signal)) {
    const described = await assetPeer.describe(id, asking)
    if (!described) continue
    await keepAsset(blobs, asking.tenant, publicationId, { id, bytes })
    kept.push({ assetId: id, ...described, sizeBytes: bytes.length })
  }
  return kept
}

const textLengthMax = 2_000
const cut = (text: string) => text.slice(0, textLengthMax).toWellFormed()
