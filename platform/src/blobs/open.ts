import { join } from 'node:path'
import { ConfigInvalid } from '../config.ts'
import { openLocalBlobStore } from './local/store.ts'
import type { BlobStore } from './port.ts'
import { openS3BlobStore } from './s3/store.ts'

/** The values of `blobConfig`. */
export interface BlobConfig {
  readonly BLOBS_DIR: string
  readonly S3_ENDPOINT?: string
  readonly S3_ACCESS_KEY?: string
  readonly S3_SECRET_KEY?: string
  readonly S3_BUCKET: string
  readonly S3_REGION: string
}

/** The store of one context. Throws ConfigInvalid, BlobStoreUnavailable. */
export async function openBlobStore(context: string, config: BlobConfig): Promise<BlobStore> {
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
