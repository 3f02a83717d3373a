import type { BlobKey } from '@atrium/platform/blobs/port.ts'
import { writeBlob } from '@atrium/platform/blobs/write-blob.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { letGoOfBlob, type LetGoDeps } from '../let-go-of-blob.ts'
import type { ReceivedFile } from './receive-file.ts'

export type KeepDeps = LetGoDeps

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

interface KeptFile extends Pick<ReceivedFile, 'assetId' | 'sha256'> {
  readonly content: { readonly key: BlobKey }
}

/**
 * Undoes `keepBytes`, or what came before it, for an asset that did not come to be. Its bytes go
 * unless another asset has come to hold them meanwhile.
 */
export async function letGoOfBytes(
  deps: KeepDeps,
  { assetId, sha256, content }: KeptFile,
  cause: Cause,
): Promise<void> {
  const { current } = await letGoOfBlob(deps, { sha256, assetId }, cause)
  if (current?.key !== content.key) await deps.blobs.remove(content.key)
}
