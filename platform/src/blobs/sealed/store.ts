import {
  type BlobEntry,
  type BlobKey,
  blobKey,
  BlobMissing,
  type BlobStore,
  type ListBlobsOptions,
  type StagedEntry,
} from '../port.ts'
import { createDataKeys } from './data-keys.ts'
import { readIndex } from './frame-index.ts'
import type { MasterKey } from './master-key.ts'
import { readFrames } from './read.ts'
import { openSealedStage } from './stage.ts'

export interface SealedOptions {
  /** The first one wraps, the others only unwrap what they wrapped. None: nothing is encrypted. */
  readonly masterKeys: readonly MasterKey[]
  readonly compress: boolean
}

const folder = '.sealed'

/**
 * A blob store that keeps what it is given in another one, encrypted or compressed or both, in
 * frames. Its blobs lie in a folder of their own there, so that nobody can pass plain bytes off as
 * sealed ones. A read asks the store inside three times: for the size, the index and the frames;
 * one that meets a commit to the same key between two of them can find the blob damaged.
 */
export function createSealedBlobStore(inner: BlobStore, options: SealedOptions): BlobStore {
  const { masterKeys, compress } = options
  const keys = masterKeys.length > 0 ? createDataKeys(inner, masterKeys) : undefined
  const innerKey = (key: BlobKey) => blobKey(folder, key)
  const indexOf = (key: BlobKey) => named(key, () => readIndex(inner, innerKey(key), key, keys))
  const stageDeps = {
    keys,
    compress,
    sizeOfBlob: async (key: BlobKey) => (await indexOf(key)).sizeBytes,
  }
  return {
    async stage(key, { resumable = false } = {}) {
      const stage = await inner.stage(innerKey(key), { resumable })
      return await openSealedStage(stageDeps, key, stage, resumable)
    },
    async read(key, readOptions = {}) {
      const index = await indexOf(key)
      const stream = await named(key, () => readFrames(inner, innerKey(key), index, readOptions))
      return { stream, sizeBytes: index.sizeBytes }
    },
    head: async (key) => ({ sizeBytes: await stageDeps.sizeOfBlob(key) }),
    remove: (key) => inner.remove(innerKey(key)),
    list: (listOptions) => listSealed(inner, listOptions),
    listStaged: () => listSealedStages(inner),
    close: () => inner.close(),
  }
}

/** A blob that is missing inside is missing by the name that the caller knows. */
async function named<T>(key: BlobKey, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof BlobMissing ? new BlobMissing(key, { cause: error }) : error
  }
}

async function* listSealed(
  inner: BlobStore,
  { prefix, after }: ListBlobsOptions = {},
): AsyncGenerator<BlobEntry> {
  const entries = inner.list({
    prefix: prefix === undefined ? blobKey(folder) : blobKey(folder, prefix),
    ...(after === undefined ? {} : { after: blobKey(folder, after) }),
  })
  for await (const entry of entries) yield { ...entry, key: outerKey(entry.key) }
}

async function* listSealedStages(inner: BlobStore): AsyncGenerator<StagedEntry> {
  for await (const entry of inner.listStaged()) {
    // A key that was being made is none of the caller's.
    if (entry.key.startsWith(`${folder}/`)) yield { ...entry, key: outerKey(entry.key) }
  }
}

const outerKey = (key: BlobKey) => blobKey(key.slice(folder.length + 1))
