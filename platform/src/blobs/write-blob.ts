import type { AppendOptions, BlobKey, BlobSource, BlobStore } from './port.ts'

/**
 * Writes a blob in one go and resolves with its size. Where the source fails or the signal is
 * raised, nothing of it stays, and the error is thrown on.
 */
export async function writeBlob(
  store: BlobStore,
  key: BlobKey,
  source: BlobSource,
  options: Pick<AppendOptions, 'signal' | 'onTaken'> = {},
): Promise<number> {
  const stage = await store.stage(key)
  try {
    await stage.append(0, source, options)
    return await stage.commit()
  } catch (error) {
    await stage.abort().catch(() => {}) // listed as staged until it expires
    throw error
  }
}
