import { type BlobKey, isBlobKey } from '../port.ts'

/**
 * What is known of a stage, kept as one object beside the blobs, so that any process can go on: S3
 * gives nothing back of an unfinished upload, and not every server lists its parts.
 */
export interface StageState {
  readonly uploadId?: string
  /** ETags of the parts, all of `partBytes`. */
  readonly etags: readonly string[]
  /** What is behind the parts and not large enough for one. */
  readonly tail: Buffer
  readonly note?: Uint8Array
}

/** Of every part but the last; S3 wants at least 5 MiB, and at most 10,000 parts. */
export const partBytes = 8 * 1024 * 1024

export const offsetOf = ({ etags, tail }: Pick<StageState, 'etags' | 'tail'>) =>
  etags.length * partBytes + tail.length

export const newState: StageState = { etags: [], tail: Buffer.alloc(0) }

const blobsPrefix = 'blobs/'
const stagesPrefix = 'stages/'
const resumable = 'resumable'

export const blobName = (key: BlobKey) => blobsPrefix + key
export const blobsBelow = (prefix?: BlobKey) =>
  prefix === undefined ? blobsPrefix : `${blobsPrefix}${prefix}/`
export const stagesBelow = stagesPrefix

/** That of one writer alone, or the resumable one. A key has no dot there. */
export const stateName = (key: BlobKey, writer = resumable) => `${stagesPrefix}${key}.${writer}`

/** Undefined for what is none of ours. */
export function blobAt(name: string): BlobKey | undefined {
  const key = name.slice(blobsPrefix.length)
  return isBlobKey(key) ? key : undefined
}

/** Undefined for what is none of ours. */
export function stageAt(name: string) {
  const [, key = '', writer] = /^(.+)\.([0-9a-z]+)$/.exec(name.slice(stagesPrefix.length)) ?? []
  return isBlobKey(key) ? { key, isResumable: writer === resumable } : undefined
}

interface Header {
  readonly uploadId?: string
  readonly etags: readonly string[]
  readonly noteBytes?: number
}

/** A line of JSON, the note, the tail. */
export function packState({ uploadId, etags, tail, note }: StageState): Buffer {
  const header: Header = {
    ...(uploadId === undefined ? {} : { uploadId }),
    etags,
    ...(note ? { noteBytes: note.length } : {}),
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), note ?? Buffer.alloc(0), tail])
}

export function unpackState(packed: Buffer): StageState {
  const headerEnd = packed.indexOf('\n') + 1
  const header = JSON.parse(packed.subarray(0, headerEnd).toString()) as Header
  const { uploadId, etags, noteBytes } = header
  const tailStart = headerEnd + (noteBytes ?? 0)
  return {
    ...(uploadId === undefined ? {} : { uploadId }),
    etags,
    tail: packed.subarray(tailStart),
    ...(noteBytes === undefined ? {} : { note: packed.subarray(headerEnd, tailStart) }),
  }
}
