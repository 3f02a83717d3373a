import { isBlobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import { writeBlob } from '@atrium/platform/blobs/write-blob.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import type { Blobs } from '../aggregates.ts'
import type { ReceivedFile } from './receive-file.ts'

export interface KeepDeps {
  readonly blobAggregates: Blobs
  readonly blobs: BlobStore
}

/**
 * Lets the asset-to-be hold its bytes: those that the tenant has already, else its own, which are
 * made durable before they are held. So whatever is held is there. Bytes that nobody came to hold
 * are found by the proof when the process dies in between.
 */
export async function keepBytes(
  { blobAggregates, blobs }: KeepDeps,
  file: ReceivedFile,
  { ownerId, reservationId }: { readonly ownerId: string; readonly reservationId: string },
  cause: Cause,
): Promise<void> {
  const { assetId, sha256, sizeBytes, content } = file
  const hold = (word: string, stored?: { key: string; sizeBytes: number }) =>
    blobAggregates.handle(
      sha256,
      {
        type: 'HoldBlob',
        sha256,
        assetId,
        ownerId,
        reservationId,
        at: new Date().toISOString(),
        ...(stored ? { stored } : {}),
      },
      partOf(cause, `${word} ${assetId}`),
    )

  if ('bytes' in content) {
    const held = await hold('hold')
    if (held.state.current) return
    await writeBlob(blobs, content.key, [content.bytes])
  }
  const kept = await hold('store', { key: content.key, sizeBytes })
  // The tenant has them already, or somebody else was faster.
  if (kept.state.current && kept.state.current.key !== content.key) await blobs.remove(content.key)
}

/**
 * Undoes `keepBytes`, or what came before it, for an asset that did not come to be. Its bytes go
 * unless another asset has come to hold them meanwhile.
 */
export async function letGoOfBytes(
  { blobAggregates, blobs }: KeepDeps,
  { assetId, sha256, content }: ReceivedFile,
  cause: Cause,
): Promise<void> {
  const at = new Date().toISOString()
  const { state } = await blobAggregates.handle(
    sha256,
    { type: 'ReleaseBlob', sha256, assetId, at },
    partOf(cause, `release ${assetId}`),
  )
  const condemned = [...state.condemned]
  const isOthers = state.current?.key === content.key
  const keys = isOthers ? condemned : [...condemned, content.key]
  for (const key of keys) if (isBlobKey(key)) await blobs.remove(key)
  if (condemned.length === 0) return
  await blobAggregates.handle(
    sha256,
    { type: 'NoteRemoval', sha256, keys: condemned, at },
    partOf(cause, `removed ${assetId}`),
  )
}
