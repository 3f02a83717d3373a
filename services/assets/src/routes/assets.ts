import * as contract from '@atrium/contracts/assets/http.ts'
import { AssetId } from '@atrium/contracts/schema.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { createCursors, CursorTime, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { findAsset, listAssets, sumDerived, sumUsage } from '../projections/library/query.ts'
import type { StorageLimits } from '../storage.ts'
import type { Storages } from '../aggregates.ts'

export interface Deps {
  readonly storages: Storages
  readonly database: Database
  readonly limits: StorageLimits
  /** How long the bytes of a deleted asset are kept. */
  readonly graceMs: number
}

const cursors = createCursors(Type.Tuple([CursorTime, AssetId]))

export function mountAssets(app: FastifyInstance, deps: Deps) {
  mountReads(app, deps)
  mountUsage(app, deps)
  mountDeletion(app, deps)
}

function mountReads(app: FastifyInstance, { database }: Deps) {
  mount(app, contract.listAssets, async ({ caller, query }) => {
    const { limit = 50, cursor, ...filters } = query
    const after = cursors.decode(cursor)
    const rows = await database.forTenant(
      caller.tenant,
      (client) =>
        listAssets(client, {
          ...filters,
          ownerId: caller.userId,
          limit: limit + 1,
          ...(after ? { after: { createdAt: after[0], id: after[1] } } : {}),
        }),
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      (asset) => asset,
      (last) => cursors.encode([last.createdAt, last.id]),
    )
    return { status: 200, body }
  })

  mount(app, contract.getAsset, async ({ caller, params }) => {
    const asset = await database.forTenant(
      caller.tenant,
      (client) => findAsset(client, { ownerId: caller.userId, assetId: params.assetId }),
      { readOnly: true },
    )
    if (!asset) throw new Rejection('not-found')
    return { status: 200, body: asset }
  })
}

function mountUsage(app: FastifyInstance, { database, limits }: Deps) {
  mount(app, contract.getAssetUsage, async ({ caller }) => {
    const [rows, derived] = await database.forTenant(
      caller.tenant,
      async (client) =>
        [await sumUsage(client, caller.userId), await sumDerived(client, caller.userId)] as const,
      { readOnly: true },
    )
    const sum = (isShown: boolean) => {
      const counted = rows.filter((row) => row.isShown === isShown)
      return {
        bytes: counted.reduce((total, { bytes }) => total + bytes, 0),
        files: counted.reduce((total, { files }) => total + files, 0),
      }
    }
    const byType = rows
      .filter(({ isShown }) => isShown)
      .map(({ mediaType, bytes, files }) => ({ mediaType, bytes, files }))
    const limit = { bytes: limits.bytesMax, images: limits.imagesMax }
    const body = { ...sum(true), limits: limit, trash: sum(false), byType, derived }
    return { status: 200, body }
  })
}

function mountDeletion(app: FastifyInstance, { storages, graceMs }: Deps) {
  mount(app, contract.deleteAsset, async ({ caller, params, query, at, cause }) => {
    const written = await storages.handle(
      caller.userId,
      {
        type: 'DeleteAsset',
        ownerId: caller.userId,
        assetId: params.assetId,
        at,
        purgeAt: new Date(Date.parse(at) + graceMs).toISOString(),
        discard: query.discard ?? false,
      },
      cause,
    )
    return { status: 204, written }
  })
}
