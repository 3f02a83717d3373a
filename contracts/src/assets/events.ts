import { blobEvents } from './blob-events.ts'
import { assetEvents } from './asset-events.ts'
import { fileEvents } from './file-events.ts'
import { linkEvents } from './link-events.ts'
import { proofEvents } from './proof-events.ts'
import { storageEvents } from './storage-events.ts'
import { uploadEvents } from './upload-events.ts'

/** Every event of the context; each aggregate's are in a file of their own. */
export const assetsEvents = [
  ...assetEvents,
  ...storageEvents,
  ...blobEvents,
  ...linkEvents,
  ...fileEvents,
  ...proofEvents,
  ...uploadEvents,
] as const
