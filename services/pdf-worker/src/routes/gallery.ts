import * as contract from '@atrium/contracts/pdf/gallery-http.ts'
import { PublicationId } from '@atrium/contracts/pdf/schema.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { createCursors, CursorTime, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import type { ServiceClient } from '@atrium/platform/http/service-client.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Clones } from '../aggregates.ts'
import type { CloneState } from '../clone.ts'
import { publish, type PublishDeps } from '../gallery/publish.ts'
import type { Published } from '../listing.ts'
import { findClone } from '../projections/clone-list/query.ts'
import { findPublication, listPublications } from '../projections/publication-list/query.ts'
import { askingFor } from '../requests/planner-source.ts'

export interface GalleryDeps extends PublishDeps {
  readonly clones: Clones
  readonly database: Database
  readonly instances: Pick<ServiceClient, 'request'>
}

const cursors = createCursors(Type.Tuple([CursorTime, PublicationId]))

export function mountGallery(app: FastifyInstance, deps: GalleryDeps) {
  mountReads(app, deps)
  mountCopies(app, deps)

  mount(app, contract.publishPlanner, async (exchange) => {
    const written = await publish(deps, exchange.body, exchange)
    const { state } = written
    if (state.status !== 'published') throw new Rejection('not-found') // unpublished since
    const body = publicationOf(state.publication, state.cloneIds.size)
    return { status: 201, body, written }
  })

  mount(app, contract.unpublishPlanner, async ({ caller, params, at, cause }) => {
    await demandPublication(deps.database, caller.tenant, params.slug)
    const command = { type: 'UnpublishPlanner', ownerId: caller.userId, at } as const
    return { status: 204, written: await deps.listings.handle(params.slug, command, cause) }
  })
}

function mountReads(app: FastifyInstance, { database, content }: GalleryDeps) {
  mount(app, contract.searchGallery, async ({ tenant, query }) => {
    const { limit = 50, text } = query
    const after = cursors.decode(query.cursor)
    const rows = await database.forTenant(
      tenant,
      (client) =>
        listPublications(client, {
          text,
          limit: limit + 1,
          after: after && { publishedAt: after[0], id: after[1] },
        }),
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      ({ publication }) => publication,
      (last) => cursors.encode([last.publication.publishedAt, last.publicationId]),
    )
    return { status: 200, body }
  })

  mount(app, contract.getPublication, async ({ tenant, params }) => {
    const listed = await demandPublication(database, tenant, params.slug)
    const bytes = await content.get(tenant, listed.contentSha256)
    const project: unknown = JSON.parse(bytes.toString())
    return { status: 200, body: { ...listed.publication, project } }
  })
}

function mountCopies(app: FastifyInstance, { database, clones, instances }: GalleryDeps) {
  mount(app, contract.clonePlanner, async (exchange) => {
    const { caller, params, body, newId, at, cause } = exchange
    const { publicationId } = await demandPublication(database, caller.tenant, params.slug)
    const { instanceId } = body
    await demandInstance(instances, instanceId, exchange)
    const request = {
      cloneId: newId('cln'),
      ownerId: caller.userId,
      instanceId,
      publicationId,
      slug: params.slug,
      requestedAt: at,
    }
    const command = { type: 'RequestClone', request, at } as const
    const written = await clones.handle(request.cloneId, command, cause)
    return { status: 202, body: cloneOf(written.state), written }
  })

  mount(app, contract.getClone, async ({ caller, params }) => {
    const find = { ownerId: caller.userId, cloneId: params.cloneId }
    const found = await database.forTenant(caller.tenant, (client) => findClone(client, find), {
      readOnly: true,
    })
    if (!found) throw new Rejection('not-found')
    return { status: 200, body: found }
  })
}

async function demandPublication(database: Database, tenant: string, slug: string) {
  const listed = await database.forTenant(tenant, (client) => findPublication(client, slug), {
    readOnly: true,
  })
  if (!listed) throw new Rejection('not-found')
  return listed
}

/** Another's instance is one that never was. */
async function demandInstance(
  instances: GalleryDeps['instances'],
  instanceId: string,
  exchange: Parameters<typeof askingFor>[0],
): Promise<void> {
  const path = `/v1/instances/${encodeURIComponent(instanceId)}`
  const answer = await instances.request('GET', path, askingFor(exchange))
  await answer.body?.cancel()
  if (answer.status === 404) throw new Rejection('not-found')
  if (!answer.ok) throw new Error(`instances answered ${answer.status} for an instance`)
}

const publicationOf = (published: Published, cloneCount: number): contract.Publication => ({
  slug: published.slug,
  title: published.title,
  description: published.description,
  category: published.category,
  author: published.author,
  ownerId: published.ownerId,
  device: published.device,
  pages: published.pages,
  cloneCount,
  publishedAt: published.publishedAt,
})

/** From the state that a command has led to. */
function cloneOf(state: CloneState): contract.Clone {
  if (state.status === 'none') throw new Error('a copy that was asked for is there')
  const { cloneId, slug, instanceId, requestedAt } = state.request
  return {
    id: cloneId,
    status: state.status,
    slug,
    instanceId,
    projectId: state.status === 'completed' ? state.projectId : null,
    errorCode: state.status === 'failed' ? state.errorCode : null,
    requestedAt,
  }
}
