import * as contract from '@atrium/contracts/assets/http.ts'
import { LinkId } from '@atrium/contracts/schema.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { createCursors, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import type { Links } from '../aggregates.ts'
import type { OpenLink } from '../link.ts'
import type { LinkTokens } from '../link-token.ts'
import { findAsset } from '../projections/library/query.ts'
import { listLinks } from '../projections/link-list/query.ts'

export interface Deps {
  readonly links: Links
  readonly database: Database
  readonly linkTokens: LinkTokens
}

const cursors = createCursors(LinkId)

export function mountLinks(app: FastifyInstance, { links, database, linkTokens }: Deps) {
  const urlOf = (tenant: string, linkId: string) =>
    `/v1/links/${linkTokens.sign({ tenant, linkId })}`

  mount(app, contract.createAssetLink, async ({ caller, params, body, newId, at, cause }) => {
    const { id: assetId, instanceId } = await demandAsset(database, caller, params.assetId)
    const linkId = newId('lnk')
    const expiresAt = new Date(Date.parse(at) + body.expiresInSeconds * 1000).toISOString()
    const { downloadsMax } = body
    const written = await links.handle(
      linkId,
      {
        type: 'CreateLink',
        linkId,
        assetId,
        instanceId,
        ownerId: caller.userId,
        at,
        expiresAt,
        ...(downloadsMax === undefined ? {} : { downloadsMax }),
      },
      cause,
    )
    if (written.state.status !== 'open') throw new Rejection('not-found') // revoked meanwhile
    const link = linkFrom(written.state, urlOf(caller.tenant, linkId))
    return { status: 201, body: link, written }
  })

  mount(app, contract.listAssetLinks, async ({ caller, params, query }) => {
    const { limit = 50 } = query
    const { id: assetId } = await demandAsset(database, caller, params.assetId)
    const after = cursors.decode(query.cursor)
    const rows = await database.forTenant(
      caller.tenant,
      (client) =>
        listLinks(client, {
          ownerId: caller.userId,
          assetId,
          limit: limit + 1,
          ...(after === undefined ? {} : { after }),
        }),
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      (row): contract.Link => ({
        id: row.id,
        assetId,
        url: urlOf(caller.tenant, row.id),
        downloads: row.downloads,
        downloadsMax: row.downloads_max,
        createdAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
      }),
      (last) => cursors.encode(last.id),
    )
    return { status: 200, body }
  })

  mount(app, contract.revokeAssetLink, async ({ caller, params, at, cause }) => {
    const { assetId, linkId } = params
    const command = { type: 'RevokeLink', ownerId: caller.userId, assetId, at } as const
    const written = await links.handle(linkId, command, cause)
    return { status: 204, written }
  })
}

async function demandAsset(database: Database, caller: Caller, assetId: string) {
  const asset = await database.forTenant(
    caller.tenant,
    (client) => findAsset(client, { ownerId: caller.userId, assetId }),
    { readOnly: true },
  )
  if (!asset) throw new Rejection('not-found')
  return asset
}

function linkFrom(link: OpenLink, url: string): contract.Link {
  const { linkId: id, assetId, downloads, downloadsMax, createdAt, expiresAt } = link
  return { id, assetId, url, downloads, downloadsMax: downloadsMax ?? null, createdAt, expiresAt }
}
