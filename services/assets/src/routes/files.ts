import { Readable } from 'node:stream'
import * as contract from '@atrium/contracts/assets/file-http.ts'
import { blobKey, BlobMissing } from '@atrium/platform/blobs/port.ts'
import { contentAnswer } from '@atrium/platform/http/content-answer.ts'
import type { Answer, Exchange } from '@atrium/platform/http/exchange.ts'
import { createCursors, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { contentTypeOf, safetyHeaders } from '../content/disposition.ts'
import { demandAccess, type OpenedPath } from '../files/open-path.ts'
import { parsePath, type Path } from '../files/path.ts'
import {
  type FileEntry,
  listBelow,
  listFolder,
  listShares,
  type ListedEntry,
  topId,
} from '../projections/file-tree/query.ts'
import { findContent } from '../projections/library/query.ts'
import { type Deps, open } from './opened-file.ts'

type Reading = Exchange<typeof contract.readFile>

/** The path of the last entry of the page before, from the folder. */
const cursors = createCursors(Type.Array(Type.String(), { minItems: 1 }))

/** Between finding bytes and reading them they may have moved, once; not again and again. */
const attemptsMax = 3

export function mountFiles(app: FastifyInstance, deps: Deps) {
  mount(app, contract.readFile, async (exchange) => {
    const path = parsePath(exchange.params.path)
    const opened = await open(deps, exchange, path)
    if (path.length > 0 && !opened.entry) throw new Rejection('not-found')
    const { content } = opened.entry ?? {}
    return content
      ? await answerFile(deps, exchange, opened, path)
      : await answerFolder(deps, exchange, opened, path)
  })

  mount(app, contract.listFileShares, async (exchange) => {
    const opened = await open(deps, exchange, parsePath(exchange.query.path, '/query/path'))
    demandAccess(opened, 'owner')
    const { entry } = opened
    if (!entry) throw new Rejection('not-found')
    const items = await deps.database.forTenant(
      exchange.caller.tenant,
      (client) => listShares(client, entry.id),
      { readOnly: true },
    )
    return { status: 200, body: { items, nextCursor: null } }
  })
}

async function answerFile(
  deps: Deps,
  exchange: Reading,
  { ownerId, entry }: OpenedPath,
  path: Path,
): Promise<Answer> {
  const { caller, signal, query } = exchange
  const assetId = entry?.content?.assetId ?? ''
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const found = await deps.database.forTenant(
      caller.tenant,
      (client) => findContent(client, { ownerId, assetId }),
      { readOnly: true },
    )
    if (!found) throw new Rejection('not-found')
    const { asset, key } = found
    if (key === null) throw new Error(`The bytes of ${assetId} are lost`)
    try {
      return await contentAnswer(exchange, {
        tag: asset.sha256,
        sizeBytes: asset.sizeBytes,
        mediaType: contentTypeOf(asset.mediaType),
        headers: {
          ...safetyHeaders(path.at(-1) ?? '', asset.mediaType, query.download ?? false),
          'cache-control': 'private, no-cache',
        },
        open: async (range) => (await deps.blobs.read(blobKey(key), { range, signal })).stream,
      })
    } catch (error) {
      if (!(error instanceof BlobMissing)) throw error
    }
  }
  throw new Error(`The bytes of ${assetId} are lost`)
}

async function answerFolder(
  { database }: Deps,
  { caller, params, query }: Reading,
  { entry }: OpenedPath,
  path: Path,
): Promise<Answer> {
  const { limit = 50, depth = 1, cursor } = query
  const after = cursors.decode(cursor)
  const asked = { instanceId: params.instanceId, folderId: entry?.id ?? topId, limit: limit + 1 }
  const [name] = after ?? []
  const rows = await database.forTenant(
    caller.tenant,
    (client) =>
      depth === 1
        ? listFolder(client, { ...asked, ...(name === undefined ? {} : { after: name }) })
        : listBelow(client, { ...asked, depth, ...(after ? { after } : {}) }),
    { readOnly: true },
  )
  const body = pageOf(
    rows,
    limit,
    (row) => viewOf(row, [...path, ...row.path]),
    (last: ListedEntry) => cursors.encode([...last.path]),
  )
  const text = Buffer.from(JSON.stringify(body))
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
    stream: Readable.from([text]),
  }
}

function viewOf(entry: FileEntry, path: Path): contract.FileEntry {
  const { content, isPublic, metadata, version, createdAt, updatedAt } = entry
  return {
    path: path.join('/'),
    kind: content ? 'file' : 'folder',
    ...(content
      ? { mediaType: content.mediaType, sizeBytes: content.sizeBytes, sha256: content.sha256 }
      : {}),
    isPublic,
    metadata,
    version,
    createdAt,
    updatedAt,
  }
}
