import * as contract from '@atrium/contracts/assets/file-http.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { mount } from '@atrium/platform/http/route.ts'
import type { FastifyInstance } from 'fastify'
import { copyEntry } from '../files/copy.ts'
import { demandAccess } from '../files/open-path.ts'
import { parseEntryPath } from '../files/path.ts'
import { releaseAssets } from '../files/release.ts'
import type { TreeState } from '../files/tree-state.ts'
import { folderIdsFor } from '../files/write-file.ts'
import { type Deps, open, writtenView } from './opened-file.ts'

export function mountFileChanges(app: FastifyInstance, deps: Deps) {
  mountPlaces(app, deps)
  mountDeletion(app, deps)
  mountCopies(app, deps)
  mountNotes(app, deps)
  mountShares(app, deps)
}

function mountPlaces(app: FastifyInstance, deps: Deps) {
  const { trees, entriesMax } = deps
  mount(app, contract.createFolder, async (exchange) => {
    const { params, body, at, cause, newId } = exchange
    const { instanceId } = params
    const path = parseEntryPath(body.path, '/path')
    const opened = await open(deps, exchange, path)
    demandAccess(opened, 'write')
    const { ownerId } = opened
    const folderIds = folderIdsFor(path, newId)
    const target = { path, entryId: newId('fil'), folderIds, entriesMax }
    const command = { ...target, type: 'CreateFolder', instanceId, ownerId, at } as const
    const written = await trees.handle(instanceId, command, cause)
    const folder = writtenView(written.state, path)
    return { status: 201, body: folder, version: folder.version, written }
  })

  mount(app, contract.moveFile, async (exchange) => {
    const { params, body, at, cause, newId } = exchange
    const { instanceId } = params
    const [from, to] = [parseEntryPath(body.from, '/from'), parseEntryPath(body.to, '/to')]
    const opened = await open(deps, exchange, from)
    demandAccess(opened, 'write')
    demandAccess(await open(deps, exchange, to), 'write')
    const { ownerId } = opened
    const folderIds = folderIdsFor(to, newId)
    const command = { type: 'MoveEntry', instanceId, ownerId, at, from, to, folderIds } as const
    const written = await trees.handle(instanceId, { ...command, entriesMax }, cause)
    const moved = writtenView(written.state, to)
    return { status: 200, body: moved, version: moved.version, written }
  })
}

function mountDeletion(app: FastifyInstance, deps: Deps) {
  mount(app, contract.deleteFile, async (exchange) => {
    const { params, at, cause, expectedVersion } = exchange
    const { instanceId } = params
    const path = parseEntryPath(params.path)
    const opened = await open(deps, exchange, path)
    demandAccess(opened, 'write')
    const { ownerId } = opened
    const command = { type: 'DeleteEntry', instanceId, ownerId, at, path, expectedVersion } as const
    const written = await deps.trees.handle(instanceId, command, cause)
    await letGo(deps, { instanceId, ownerId }, written.state, cause)
    return { status: 204, written }
  })
}

function mountCopies(app: FastifyInstance, deps: Deps) {
  mount(app, contract.copyFile, async (exchange) => {
    const { caller, params, body, at, cause, newId } = exchange
    const { instanceId } = params
    const [from, to] = [parseEntryPath(body.from, '/from'), parseEntryPath(body.to, '/to')]
    const { ownerId } = await open(deps, exchange, from)
    demandAccess(await open(deps, exchange, to), 'write')
    const writtenBy = caller.userId
    const request = { cause, instanceId, ownerId, writtenBy, from, to, at, newId }
    const written = await copyEntry(deps, request)
    const copy = writtenView(written.state, to)
    return { status: 201, body: copy, version: copy.version, written }
  })
}

function mountNotes(app: FastifyInstance, deps: Deps) {
  mount(app, contract.describeFile, async (exchange) => {
    const { params, body, at, cause, expectedVersion } = exchange
    const { instanceId } = params
    const { metadata, isPublic } = body
    const path = parseEntryPath(params.path)
    const opened = await open(deps, exchange, path)
    demandAccess(opened, isPublic === undefined ? 'write' : 'owner')
    const { ownerId } = opened
    const written = await deps.trees.handle(
      instanceId,
      {
        type: 'DescribeEntry',
        instanceId,
        ownerId,
        at,
        path,
        ...(metadata === undefined ? {} : { metadata }),
        ...(isPublic === undefined ? {} : { isPublic }),
        expectedVersion,
      },
      cause,
    )
    const described = writtenView(written.state, path)
    return { status: 200, body: described, version: described.version, written }
  })
}

function mountShares(app: FastifyInstance, deps: Deps) {
  mount(app, contract.shareFile, async (exchange) => {
    const { params, body, at, cause } = exchange
    const { instanceId } = params
    const path = parseEntryPath(body.path, '/path')
    const opened = await open(deps, exchange, path)
    demandAccess(opened, 'owner')
    const { userId, access, expiresAt } = body
    const share = { userId, access, ...(expiresAt === undefined ? {} : { expiresAt }) }
    const which = { instanceId, ownerId: opened.ownerId, at, path }
    const command = { ...which, ...share, type: 'ShareEntry' as const }
    const written = await deps.trees.handle(instanceId, command, cause)
    return { status: 201, body: share, written }
  })

  mount(app, contract.unshareFile, async (exchange) => {
    const { params, query, at, cause } = exchange
    const { instanceId } = params
    const path = parseEntryPath(query.path, '/query/path')
    const opened = await open(deps, exchange, path)
    demandAccess(opened, 'owner')
    const { userId } = query
    const which = { instanceId, ownerId: opened.ownerId, at, path }
    const command = { ...which, type: 'UnshareEntry', userId } as const
    const written = await deps.trees.handle(instanceId, command, cause)
    return { status: 204, written }
  })
}

async function letGo(
  deps: Deps,
  which: { readonly instanceId: string; readonly ownerId: string },
  state: TreeState,
  cause: Cause,
) {
  const assetIds = [...state.letGo]
  if (assetIds.length > 0)
    await releaseAssets(deps, { ...which, assetIds }, partOf(cause, 'let go'))
}
