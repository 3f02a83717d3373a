import { join } from 'node:path'
import { ConfigInvalid } from '../config.ts'
import { openLocalBlobStore } from './local/store.ts'
import { blobKey, type BlobStore } from './port.ts'
import { openS3BlobStore } from './s3/store.ts'
import { opensDataKeys, rewrapDataKeys } from './sealed/data-keys.ts'
import { createMasterKey } from './sealed/master-key.ts'
import { createSealedBlobStore } from './sealed/store.ts'

/** The values of `blobConfig`. */
export interface BlobConfig {
  readonly BLOBS_DIR: string
  readonly S3_ENDPOINT?: string
  readonly S3_ACCESS_KEY?: string
  readonly S3_SECRET_KEY?: string
  readonly S3_BUCKET: string
  readonly S3_REGION: string
  readonly BLOBS_MASTER_KEY?: string
  readonly BLOBS_MASTER_KEY_BEFORE?: string
  readonly BLOBS_COMPRESS: boolean
}

/** The store of one context. Throws ConfigInvalid, BlobStoreUnavailable. */
export async function openBlobStore(context: string, config: BlobConfig): Promise<BlobStore> {
  const inner = await openInner(context, config)
  try {
    return await sealedOrPlain(inner, config)
  } catch (error) {
    await inner.close()
    throw error
  }
}

async function openInner(context: string, config: BlobConfig): Promise<BlobStore> {
  const { S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY } = config
  if (S3_ENDPOINT === undefined) return await openLocalBlobStore(join(config.BLOBS_DIR, context))
  if (S3_ACCESS_KEY === undefined || S3_SECRET_KEY === undefined) {
    throw new ConfigInvalid(['S3_ENDPOINT needs S3_ACCESS_KEY and S3_SECRET_KEY'])
  }
  return await openS3BlobStore({
    endpoint: S3_ENDPOINT,
    accessKey: S3_ACCESS_KEY,
    secretKey: S3_SECRET_KEY,
    bucket: config.S3_BUCKET,
    folder: context,
    region: config.S3_REGION,
  })
}

/**
 * Sealed blobs and plain ones lie apart, and a store holds one kind: switched over, all that was
 * written before would be missing. That is told at the start, not by a 404 for each.
 */
async function sealedOrPlain(inner: BlobStore, config: BlobConfig): Promise<BlobStore> {
  const { BLOBS_MASTER_KEY, BLOBS_MASTER_KEY_BEFORE, BLOBS_COMPRESS } = config
  const isSealed = BLOBS_MASTER_KEY !== undefined || BLOBS_COMPRESS
  if (isSealed && (await holdsPlain(inner))) {
    throw new ConfigInvalid([
      'BLOBS_MASTER_KEY and BLOBS_COMPRESS cannot be given to a store that holds plain blobs',
    ])
  }
  if (!isSealed && (await holdsSealed(inner))) {
    throw new ConfigInvalid(['BLOBS_MASTER_KEY or BLOBS_COMPRESS is missing: the blobs are sealed'])
  }
  if (!isSealed) return inner
  const texts = [BLOBS_MASTER_KEY, BLOBS_MASTER_KEY_BEFORE].filter((text) => text !== undefined)
  const masterKeys = texts.map((text) => createMasterKey(text))
  if (BLOBS_MASTER_KEY_BEFORE !== undefined) await rewrapDataKeys(inner, masterKeys)
  if (BLOBS_MASTER_KEY !== undefined && !(await opensDataKeys(inner, masterKeys))) {
    throw new ConfigInvalid(['BLOBS_MASTER_KEY is not the one that the blobs are sealed by'])
  }
  return createSealedBlobStore(inner, { masterKeys, compress: BLOBS_COMPRESS })
}

async function holdsSealed(inner: BlobStore) {
  for await (const { key } of inner.list()) return key.startsWith('.')
  return false
}

/** Keys of decorators come first, since they begin with a dot. */
async function holdsPlain(inner: BlobStore) {
  for await (const { key } of inner.list({ after: blobKey('.zzzz') })) return !key.startsWith('.')
  return false
}
