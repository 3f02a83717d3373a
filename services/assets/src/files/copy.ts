import { copyEntriesMax } from '@atrium/contracts/assets/file-http.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { NewAsset } from '../storage.ts'
import { createSpace } from '../uploads/space.ts'
import type { Path } from './path.ts'
import { releaseAssets } from './release.ts'
import type { CopiedEntry } from './tree.ts'
import { below, type Entry, entryAt, type FileContent } from './tree-state.ts'
import { folderIdsFor, type WriteDeps } from './write-file.ts'

export interface CopyRequest {
  readonly cause: Cause
  readonly instanceId: string
  readonly ownerId: string
  readonly writtenBy: string
  readonly from: Path
  readonly to: Path
  readonly at: string
  readonly newId: (prefix: string, word?: string) => string
}

/** Entries that one event each is written for at once. */
const entriesAtOnce = 500

interface Planned {
  readonly entry: CopiedEntry
  readonly asset?: NewAsset
}

/**
 * Copies a file, or a folder with all below it: each file becomes an asset of its own, which holds
 * the same bytes. The copy is built where nobody sees it and gets its place at the end; one that is
 * left behind by a process that died is dropped by the timer.
 */
export async function copyEntry(deps: WriteDeps, request: CopyRequest) {
  const { trees } = deps
  const { cause, instanceId, ownerId, from, to, newId } = request
  const { state } = await trees.load(cause.tenant, instanceId)
  const source = entryAt(state, from)
  if (!source) throw new Rejection('not-found')
  const copyId = newId('fil', 'copy')
  const there = entryAt(state, to)
  if (there && there.id !== copyId) throw new Rejection('file-conflict', { rule: 'exists' })
  const inside = source.kind === 'folder' ? below(state, source.id) : []
  if (inside.length + 1 > copyEntriesMax) {
    const used = inside.length + 1
    throw new Rejection('quota-exceeded', { quota: 'copied-entries', limit: copyEntriesMax, used })
  }
  const planned =
    source.kind === 'file'
      ? [planFile(request, source.id, source, copyId, to.at(-1) ?? '')]
      : planFolder(request, inside, source.id, copyId)
  const assets = planned.flatMap(({ asset }) => asset ?? [])
  await storeCopies(deps, request, assets)
  try {
    return source.kind === 'file'
      ? await placeFile(deps, request, planned[0]?.entry)
      : await placeFolder(deps, request, copyId, planned)
  } catch (error) {
    if (error instanceof Rejection) {
      const assetIds = assets.map(({ assetId }) => assetId)
      await releaseAssets(deps, { instanceId, ownerId, assetIds }, cause)
    }
    throw error
  }
}

function planFile(
  { newId }: CopyRequest,
  id: string,
  { content }: { readonly content: FileContent },
  entryId: string,
  name: string,
): Planned {
  const { mediaType, sizeBytes, sha256 } = content
  const assetId = newId('ast', id)
  return {
    entry: { entryId, name, content: { assetId, mediaType, sizeBytes, sha256 } },
    asset: { assetId, name, mediaType, sizeBytes, sha256 },
  }
}

function planFolder(
  request: CopyRequest,
  inside: readonly (readonly [string, Entry])[],
  sourceId: string,
  copyId: string,
): Planned[] {
  const idOf = (id: string) => (id === sourceId ? copyId : request.newId('fil', id))
  return inside.map(([id, entry]) => {
    const { name, parentId = sourceId } = entry
    const place = parentId === sourceId ? {} : { parentId: idOf(parentId) }
    if (entry.kind === 'folder') return { entry: { entryId: idOf(id), ...place, name } }
    const planned = planFile(request, id, entry, idOf(id), name)
    return { ...planned, entry: { ...planned.entry, ...place } }
  })
}

/** All of them, or none: within the quota, each holding the bytes of its source. */
async function storeCopies(deps: WriteDeps, request: CopyRequest, assets: readonly NewAsset[]) {
  if (assets.length === 0) return
  const { storages, blobAggregates, limits } = deps
  const { cause, ownerId, instanceId, at, newId } = request
  const reservationId = newId('rsv')
  const space = createSpace({ storages, cause, ownerId, reservationId, limits })
  const bytes = assets.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const images = assets.filter(({ mediaType }) => mediaType.startsWith('image/')).length
  await space.grow({ place: { instanceId }, bytes, images, certainBytes: bytes })
  for (const { assetId, sha256 } of assets) {
    const { state } = await blobAggregates.handle(
      sha256,
      { type: 'HoldBlob', sha256, assetId, ownerId, reservationId, at },
      partOf(cause, `hold ${assetId}`),
    )
    // What is held so far is let go of with the reservation.
    if (!state.current) throw new Error('the bytes of a file that is to be copied are lost')
  }
  const command = { type: 'StoreAssets', ownerId, instanceId, reservationId, at, limits } as const
  await storages.handle(ownerId, { ...command, home: 'files', assets }, partOf(cause, 'store'))
}

async function placeFile(deps: WriteDeps, request: CopyRequest, entry: CopiedEntry | undefined) {
  const { instanceId, ownerId, writtenBy, to, at, cause, newId } = request
  if (!entry?.content) throw new Error('A copied file has a content')
  const { entryId, content } = entry
  const folderIds = folderIdsFor(to, newId)
  const { entriesMax } = deps
  const place = { instanceId, ownerId, at, path: to, entryId, folderIds, entriesMax }
  return await deps.trees.handle(
    instanceId,
    { ...place, type: 'WriteFile', content, writtenBy, mustBeNew: true },
    partOf(cause, 'write'),
  )
}

async function placeFolder(
  { trees, entriesMax }: WriteDeps,
  request: CopyRequest,
  copyId: string,
  planned: readonly Planned[],
) {
  const { instanceId, ownerId, writtenBy, to, at, cause, newId } = request
  const which = { instanceId, ownerId, at, copyId, entriesMax }
  for (let from = 0; from === 0 || from < planned.length; from += entriesAtOnce) {
    const entries = planned.slice(from, from + entriesAtOnce).map(({ entry }) => entry)
    await trees.handle(
      instanceId,
      { ...which, type: 'AddCopies', entries, writtenBy },
      partOf(cause, `add ${from}`),
    )
  }
  const folderIds = folderIdsFor(to, newId)
  return await trees.handle(
    instanceId,
    { ...which, type: 'AttachCopy', to, folderIds },
    partOf(cause, 'attach'),
  )
}
