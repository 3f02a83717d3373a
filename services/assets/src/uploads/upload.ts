import type { BlobSource } from '@atrium/platform/blobs/port.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { invalid } from '@atrium/platform/rejection.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import type { Place } from '../storage.ts'
import { fileNameFrom } from './file-name.ts'
import { letGoOfBytes } from './keep-bytes.ts'
import { receiveFile } from './receive-file.ts'
import { demandAllowed } from './rules.ts'
import { createSpace } from './space.ts'
import {
  storeFiles,
  type NamedFile,
  type StoreDeps,
  type StoredAssets,
  type UploadIdentity,
} from './store-files.ts'

export interface UploadDeps extends StoreDeps {
  readonly logger: Logger
}

export interface UploadOptions extends UploadIdentity {
  readonly signal: AbortSignal
}

export interface IncomingFile {
  readonly assetId: string
  readonly name: string | undefined
  readonly source: BlobSource
  /** What is certain to come of it, and of files behind it; 0 where nothing is known. */
  readonly certainBytes: number
}

export interface Upload {
  /** As far as it is known. */
  readonly place: { instanceId?: string; projectId?: string }
  /** Takes one file in. After an error the upload can only be abandoned. */
  receive(file: IncomingFile): Promise<void>
  /** Makes assets of all files, or of none. */
  finish(): Promise<StoredAssets>
  /** Leaves nothing behind, as far as the stores can be reached; what is left is found later. */
  abandon(because: unknown): Promise<void>
}

/** One or many files on their way into an owner's storage, with room reserved as they come. */
export function createUpload(deps: UploadDeps, options: UploadOptions): Upload {
  const { storages, blobs, limits, rules, logger } = deps
  const { cause, signal } = options
  const space = createSpace({ storages, limits, ...options })
  const place: Partial<Place> = {}
  const files: NamedFile[] = []

  return {
    place,

    async receive({ assetId, name, source, certainBytes }) {
      const [before, file] = [sumOf(files), files.length]
      const received = await receiveFile({
        blobs,
        tenant: cause.tenant,
        assetId,
        source,
        signal,
        async admit({ mediaType, sizeBytes }) {
          demandAllowed(rules, place, { mediaType, sizeBytes, file })
          await space.grow({
            place,
            bytes: before.bytes + sizeBytes,
            images: before.images + (isImage(mediaType) ? 1 : 0),
            certainBytes: certainBytes === 0 ? 0 : before.bytes + Math.max(sizeBytes, certainBytes),
          })
        },
      })
      files.push({ ...received, name: fileNameFrom(name) })
    },

    finish: () => storeFiles(deps, options, placeFrom(place), files),

    async abandon(because) {
      // The bytes may be held, the files may be assets by now: the collector will see.
      if (because instanceof StoreUnavailable && because.maybeWritten) return
      try {
        for (const file of files) await letGoOfBytes(deps, file, cause)
        await space.giveUp()
      } catch (error) {
        logger.warn({ err: error }, 'an upload left something behind, which is collected later')
      }
    },
  }
}

const isImage = (mediaType: string) => mediaType.startsWith('image/')

const sumOf = (files: readonly NamedFile[]) => ({
  bytes: files.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
  images: files.filter(({ mediaType }) => isImage(mediaType)).length,
})

function placeFrom({ instanceId, projectId }: Partial<Place>): Place {
  if (instanceId === undefined) {
    throw invalid({ pointer: '/instanceId', code: 'required', detail: 'is missing' })
  }
  return { instanceId, ...(projectId === undefined ? {} : { projectId }) }
}
