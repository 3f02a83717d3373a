import { Readable } from 'node:stream'
import * as contract from '@atrium/contracts/assets/file-http.ts'
import { FileEntryId } from '@atrium/contracts/schema.ts'
import type { Answer, Exchange } from '@atrium/platform/http/exchange.ts'
import { createCursors, CursorTime, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { answerContent, type ContentDeps } from '../content/answer-content.ts'
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
import { listSharedWith } from '../projections/file-tree/shared-query.ts'
import { type Deps, open } from './opened-file.ts'

type Reading = Exchange<typeof contract.readFile>

interface ListedPlace {
  readonly params: { readonly instanceId: string }
}

const sharedCursors = createCursors(Type.Tuple([CursorTime, FileEntryId]))

/** The path of the last entry of the page before, from the folder. */
const cursors = createCursors(Type.Array(Type.String(), { minItems: 1 }))

export function mountFiles(app: FastifyInstance, deps: Deps & ContentDeps) {
  mount(app, contract.listFiles, async (exchange) => {
    const opened = await open(deps, exchange, [])
    return { status: 200, body: await listOf(deps, exchange, opened, []) }
  })

  mount(app, contract.readFile, async (exchange) => {
    const text = exchange.params.path
    const isFolderMeant = /[^/]\/$/.test(text)
    const path = parsePath(isFolderMeant ? text.slice(0, -1) : text)
    const opened = await open(deps, exchange, path)
    if (path.length > 0 && !opened.entry) throw new Rejection('not-found')
    const { content } = opened.entry ?? {}
    if (!content) return jsonAnswer(await listOf(deps, exchange, opened, path))
    if (isFolderMeant) throw new Rejection('not-found')
    const { tenant } = exchange.caller
    const { ownerId } = opened
    const of = { tenant, ownerId, assetId: content.assetId, name: path.at(-1) ?? '' }
    return await answerContent(deps, exchange, of)
  })

  mountShares(app, deps)
}

function mountShares(app: FastifyInstance, deps: Deps) {
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

  mount(app, contract.listSharedFiles, async ({ caller, query, at }) => {
    const { limit = 50, cursor } = query
    const after = sharedCursors.decode(cursor)
    const asked = { userId: caller.userId, at, limit: limit + 1 }
    const rows = await deps.database.forTenant(
      caller.tenant,
      (client) =>
        listSharedWith(client, {
          ...asked,
          ...(after ? { after: { sharedAt: after[0], entryId: after[1] } } : {}),
        }),
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      ({ file }) => file,
      ({ file, entryId }) => sharedCursors.encode([file.sharedAt, entryId]),
    )
    return { status: 200, body }
  })
}

/** Of a folder, or of the top. */
async function listOf(
  { database }: Deps,
  { caller, params, query }: Pick<Reading, 'caller' | 'query'> & ListedPlace,
  { entry }: OpenedPath,
  path: Path,
) {
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
  return pageOf(
    rows,
    limit,
    (row) => viewOf(row, [...path, ...row.path]),
    (last: ListedEntry) => cursors.encode([...last.path]),
  )
}

function jsonAnswer(body: object): Answer {
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
    ...contentView(content),
    isPublic,
    metadata,
    version,
    createdAt,
    updatedAt,
  }
}

function contentView(content: FileEntry['content']) {
  if (!content) return {}
  const { mediaType, sizeBytes, sha256, assetId } = content
  return { mediaType, sizeBytes, sha256, assetId }
}
