import type { S3Options } from './connection.ts'
import { openS3BlobStore } from './store.ts'

/** How the conformance suite, and the processes that it starts, open this adapter. */
export const open = (place: string) => openS3BlobStore(JSON.parse(place) as S3Options)
