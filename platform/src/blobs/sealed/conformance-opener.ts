import { openLocalBlobStore } from '../local/store.ts'
import type { S3Options } from '../s3/connection.ts'
import { openS3BlobStore } from '../s3/store.ts'
import { createMasterKey } from './master-key.ts'
import { createSealedBlobStore } from './store.ts'

export interface SealedPlace {
  readonly folder?: string
  readonly s3?: S3Options
  readonly masterKey?: string
  readonly compress: boolean
}

/** How the conformance suite, and the processes that it starts, open each combination. */
export async function open(place: string) {
  const { folder = '', s3, masterKey, compress } = JSON.parse(place) as SealedPlace
  const inner = s3 ? await openS3BlobStore(s3) : await openLocalBlobStore(folder)
  const masterKeys = masterKey === undefined ? [] : [createMasterKey(masterKey)]
  return createSealedBlobStore(inner, { masterKeys, compress })
}
