import { blobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import type { Blobs } from './aggregates.ts'
import type { BlobState, DropVariants } from './blob.ts'

export interface LetGoDeps {
  readonly blobAggregates: Blobs
  readonly blobs: BlobStore
}

/**
 * The asset holds its bytes no more. With the last holder they are condemned, and then removed.
 * Does nothing where the asset holds nothing; what a process leaves that dies on the way is removed
 * by the next look at the condemned.
 */
export async function letGoOfBlob(
  deps: LetGoDeps,
  { sha256, assetId }: { readonly sha256: string; readonly assetId: string },
  cause: Cause,
): Promise<BlobState> {
  const at = new Date().toISOString()
  const { state } = await deps.blobAggregates.handle(
    sha256,
    { type: 'ReleaseBlob', sha256, assetId, at },
    partOf(cause, `release ${assetId}`),
  )
  await removeCondemned(deps, sha256, [...state.condemned], partOf(cause, assetId))
  return state
}

/**
 * Keeps these derived pictures no longer, as far as they are kept under these keys, and removes
 * their bytes.
 */
export async function dropVariants(
  deps: LetGoDeps,
  dropped: Pick<DropVariants, 'sha256' | 'keys' | 'reason'>,
  cause: Cause,
): Promise<void> {
  const { sha256, keys, reason } = dropped
  const at = new Date().toISOString()
  const command = { type: 'DropVariants', sha256, keys, reason, at } as const
  const { state } = await deps.blobAggregates.handle(sha256, command, partOf(cause, 'drop'))
  const left = keys.filter((key) => state.condemned.has(key))
  await removeCondemned(deps, sha256, left, cause)
}

/** Removes bytes that nobody may hold any more, and notes it. */
export async function removeCondemned(
  { blobAggregates, blobs }: LetGoDeps,
  sha256: string,
  keys: readonly string[],
  cause: Cause,
): Promise<void> {
  if (keys.length === 0) return
  for (const key of keys) await blobs.remove(blobKey(key))
  const at = new Date().toISOString()
  const command = { type: 'NoteRemoval', sha256, keys, at } as const
  await blobAggregates.handle(sha256, command, partOf(cause, 'removed'))
}
