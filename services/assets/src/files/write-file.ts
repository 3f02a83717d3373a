import type { Asset } from '@atrium/contracts/assets/http.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Readable } from 'node:stream'
import { createUpload, type UploadDeps } from '../uploads/upload.ts'
import type { Path } from './path.ts'
import { releaseAssets, type ReleaseDeps } from './release.ts'
import { tree, type WriteFile } from './tree.ts'
import type { FileContent } from './tree-state.ts'

export interface WriteDeps extends UploadDeps, ReleaseDeps {
  readonly entriesMax: number
}

export interface WriteRequest {
  readonly cause: Cause
  readonly instanceId: string
  readonly ownerId: string
  readonly writtenBy: string
  readonly path: Path
  readonly body: Readable
  /** 0 where it is not known. */
  readonly lengthBytes: number
  readonly expectedVersion: number | undefined
  readonly mustBeNew: boolean
  readonly at: string
  readonly newId: (prefix: string, word?: string) => string
  readonly signal: AbortSignal
}

/**
 * Stores the bytes of a file, and then gives it its place in the tree. What the tree would refuse
 * is refused before the bytes come; where it changes its mind meanwhile, or the process dies, the
 * bytes are in no file, and are let go.
 */
export async function writeFile(deps: WriteDeps, request: WriteRequest) {
  const { trees } = deps
  const { cause, instanceId, ownerId } = request
  const { state } = await trees.load(cause.tenant, instanceId)
  tree.decide(commandFor(deps, request, unknownContent), state)

  const { assets, ...stored } = await storeBytes(deps, request)
  const [asset] = assets
  if (!asset) throw new Error('An upload of one file has one asset')
  try {
    const command = commandFor(deps, request, contentOf(asset))
    const written = await trees.handle(instanceId, command, partOf(cause, 'write'))
    const assetIds = [...written.state.letGo]
    if (assetIds.length > 0) await releaseAssets(deps, { instanceId, ownerId, assetIds }, cause)
    return { stored, written, asset }
  } catch (error) {
    if (error instanceof Rejection) {
      await releaseAssets(deps, { instanceId, ownerId, assetIds: [asset.id] }, cause)
    }
    throw error
  }
}

async function storeBytes(deps: WriteDeps, request: WriteRequest) {
  const { cause, ownerId, instanceId, path, body, lengthBytes, newId, signal } = request
  const upload = createUpload(deps, {
    cause,
    ownerId,
    reservationId: newId('rsv'),
    isForFiles: true,
    signal,
  })
  upload.place.instanceId = instanceId
  try {
    await upload.receive({
      assetId: newId('ast'),
      name: path.at(-1),
      source: body as AsyncIterable<Uint8Array>,
      certainBytes: lengthBytes,
    })
    return await upload.finish()
  } catch (error) {
    await upload.abandon(error)
    throw error
  }
}

function commandFor(
  { entriesMax }: WriteDeps,
  request: WriteRequest,
  content: FileContent,
): WriteFile {
  const { instanceId, ownerId, writtenBy, path, expectedVersion, mustBeNew, at, newId } = request
  return {
    type: 'WriteFile',
    instanceId,
    ownerId,
    at,
    path,
    entryId: newId('fil'),
    folderIds: folderIdsFor(path, newId),
    entriesMax,
    content,
    writtenBy,
    expectedVersion,
    mustBeNew,
  }
}

export const folderIdsFor = (path: Path, newId: WriteRequest['newId']) =>
  path.slice(0, -1).map((_name, index) => newId('fil', `folder ${index}`))

/** For a decision that looks at the place alone. */
const unknownContent: FileContent = { assetId: '', mediaType: '', sizeBytes: 0, sha256: '' }

const contentOf = ({ id, mediaType, sizeBytes, sha256 }: Asset): FileContent => ({
  assetId: id,
  mediaType,
  sizeBytes,
  sha256,
})
