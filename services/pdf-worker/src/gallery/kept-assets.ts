import { buffer } from 'node:stream/consumers'
import { BlobMissing, blobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'

/** Where the bytes of a publication's asset lie in this context's own store. */
export const keptKey = (tenant: string, publicationId: string, assetId: string) =>
  blobKey(tenant, publicationId, assetId)

/** Keeps bytes for a publication; again is no different. */
export async function keepAsset(
  blobs: BlobStore,
  tenant: string,
  publicationId: string,
  { id, bytes }: { readonly id: string; readonly bytes: Uint8Array },
): Promise<void> {
  const stage = await blobs.stage(keptKey(tenant, publicationId, id))
  await stage.append(0, [bytes])
  await stage.commit()
}

/** Undefined where the publication's bytes are gone. */
export async function readKeptAsset(
  blobs: BlobStore,
  tenant: string,
  publicationId: string,
  assetId: string,
): Promise<Buffer | undefined> {
  try {
    const { stream } = await blobs.read(keptKey(tenant, publicationId, assetId))
    return await buffer(stream)
  } catch (error) {
    if (error instanceof BlobMissing) return undefined
    throw error
  }
}

export async function dropAssets(
  blobs: BlobStore,
  tenant: string,
  publicationId: string,
  assetIds: readonly string[],
): Promise<void> {
  for (const assetId of assetIds) await blobs.remove(keptKey(tenant, publicationId, assetId))
}
