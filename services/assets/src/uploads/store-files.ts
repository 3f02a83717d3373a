import { buffer } from 'node:stream/consumers'
import type { Asset } from '@atrium/contracts/assets/http.ts'
import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { pointOf } from '@atrium/platform/decider/point.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Storages } from '../aggregates.ts'
import type { InspectMedia } from '../media/inspect.ts'
import type { NewAsset, Place, StorageLimits } from '../storage.ts'
import { keepBytes, type KeepDeps } from './keep-bytes.ts'
import type { ReceivedFile } from './receive-file.ts'
import { demandAllowed, type UploadRules } from './rules.ts'

export interface StoreDeps extends KeepDeps {
  readonly storages: Storages
  readonly inspect: InspectMedia
  readonly rules: UploadRules
  readonly limits: StorageLimits
  /** Bytes that nothing holds for so long are removed. */
  readonly unsettledMs: number
}

/** A file that has arrived, under a name that can be shown. */
export interface NamedFile extends ReceivedFile {
  readonly name: string
}

/** Whose upload it is, by which reservation, as part of what. */
export interface UploadIdentity {
  readonly cause: Cause
  readonly ownerId: string
  readonly reservationId: string
  /** The assets live in the tree of files, not in the library. */
  readonly isForFiles?: boolean
}

export interface StoredAssets extends ConsistencyPoint {
  readonly assets: readonly Asset[]
}

/**
 * Makes assets of all files, or of none: looks into them, lets each hold its bytes, and writes all
 * of them in one append. Each step leaves what the next look at it mends, so that the process may
 * die between any two.
 */
export async function storeFiles(
  deps: StoreDeps,
  identity: UploadIdentity,
  place: Place,
  files: readonly NamedFile[],
): Promise<StoredAssets> {
  for (const [file, { mediaType, sizeBytes }] of files.entries()) {
    demandAllowed(deps.rules, place, { mediaType, sizeBytes, file }) // the place may have come last
  }
  const assets: NewAsset[] = []
  for (const file of files) assets.push(await inspected(deps, file))
  return await storeInspected(deps, identity, place, { files, assets })
}

/** The same for files of which it is known what they are. */
export async function storeInspected(
  deps: StoreDeps,
  { cause, ownerId, reservationId, isForFiles = false }: UploadIdentity,
  place: Place,
  { files, assets }: { readonly files: readonly NamedFile[]; readonly assets: readonly NewAsset[] },
): Promise<StoredAssets> {
  const { storages, limits } = deps
  refuseOld(files, deps.unsettledMs)
  await allOf(files.map((file) => keepBytes(deps, file, { ownerId, reservationId }, cause)))
  const handled = await storages.handle(
    ownerId,
    {
      ...place,
      type: 'StoreAssets',
      ownerId,
      reservationId,
      home: isForFiles ? 'files' : place.projectId === undefined ? 'library' : 'project',
      assets,
      at: new Date().toISOString(),
      limits,
    },
    partOf(cause, 'store'),
  )
  return {
    ...pointOf(handled),
    assets: handled.events.flatMap((event) =>
      event.type === 'AssetStored' ? assetOf(event.data) : [],
    ),
  }
}

/**
 * Waits for all to end, also where one fails: who lets go of them then meets none still at work. Of
 * several faults that is thrown after which something may have been written.
 */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works)
  const faults = ended.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []))
  const isOpen = (fault: unknown) => fault instanceof StoreUnavailable && fault.maybeWritten
  if (faults.length > 0) throw faults.find(isOpen) ?? faults[0]
}

/** Well before anybody may remove what was stored first of a long upload. */
function refuseOld(files: readonly NamedFile[], unsettledMs: number): void {
  const oldestMs = Date.now() - unsettledMs / 2
  const isOld = ({ content }: NamedFile) => 'storedAtMs' in content && content.storedAtMs < oldestMs
  if (files.some(isOld)) throw new Rejection('upload-expired')
}

async function inspected(
  { inspect, blobs }: StoreDeps,
  { content, ...file }: NamedFile,
): Promise<NewAsset> {
  const { assetId, name, mediaType, sizeBytes, sha256, head } = file
  const dimensions = await inspect(head, async () =>
    'bytes' in content ? content.bytes : await buffer((await blobs.read(content.key)).stream),
  )
  return { assetId, name, mediaType, sizeBytes, sha256, ...dimensions }
}

function assetOf(data: Extract<StorageEvent, { type: 'AssetStored' }>['data']): Asset {
  const { assetId: id, instanceId, name, mediaType, sizeBytes, sha256, width, height } = data
  return {
    id,
    instanceId,
    name,
    mediaType,
    sizeBytes,
    sha256,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    createdAt: data.storedAt,
  }
}
