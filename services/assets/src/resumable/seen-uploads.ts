import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { headBytes } from '../media/media-type.ts'

/** An upload of which this process has seen every byte so far. */
export interface SeenUpload {
  /** How many bytes it has taken. */
  readonly offsetBytes: number
  /** The first bytes, by which the type is told. */
  readonly head: Buffer
  take(chunk: Uint8Array): void
  /** Of what was taken so far, in hexadecimal. */
  sha256(): string
}

export interface SeenUploads {
  /**
   * The upload that has come to this byte and goes on: from its beginning, or as far as this
   * process itself has brought it. Undefined where somebody else did, or it was not kept.
   */
  follow(key: string, offsetBytes: number): SeenUpload | undefined
  forget(key: string): void
}

/** Uploads that are followed at once, a few kilobytes each; others are read again at their end. */
const followedMax = 2_000

/**
 * Hashes of uploads that run along while their bytes come, so that a large file is not read again
 * when the last one has come.
 */
export function createSeenUploads(): SeenUploads {
  const followed = new LRUCache<string, SeenUpload>({ max: followedMax })
  return {
    follow(key, offsetBytes) {
      const known = offsetBytes === 0 ? createSeenUpload() : followed.get(key)
      if (known?.offsetBytes !== offsetBytes) {
        followed.delete(key)
        return undefined
      }
      followed.set(key, known)
      return known
    },
    forget: (key) => void followed.delete(key),
  }
}

function createSeenUpload(): SeenUpload {
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  let offsetBytes = 0
  return {
    get offsetBytes() {
      return offsetBytes
    },
    get head() {
      return head
    },
    take(chunk) {
      hash.update(chunk)
      offsetBytes += chunk.length
      const missing = headBytes - head.length
      if (missing > 0) head = Buffer.concat([head, chunk.subarray(0, missing)])
    },
    sha256: () => hash.copy().digest('hex'),
  }
}
