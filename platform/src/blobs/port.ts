import type { Readable } from 'node:stream'

/**
 * The blob store port: bytes by a key that the service chose, written once and read in ranges. Two
 * adapters implement it (the local file system, S3), decorators encrypt and compress, and one
 * conformance suite holds all of them to it. A key should never be used for a second content:
 * derive it from an id of the upload, not from the bytes, so that a removal and a later upload of
 * the same bytes cannot meet.
 *
 * Every call can throw BlobStoreUnavailable, and after it a write may have happened or not; every
 * write can throw BlobStoreFull, and then nothing can be seen of it.
 */
export interface BlobStore {
  /**
   * Begins to write a blob, or goes on with what was begun. Nothing can be read of it until it is
   * committed. A stage that is not resumable stands by itself: writers of one key do not meet, and
   * the last commit stays. Of a resumable one that was committed before, only `commit` is left,
   * which repeats its answer.
   */
  stage(key: BlobKey, options?: StageOptions): Promise<Stage>

  /**
   * The bytes of a blob, or of a range of it, as it was when this resolved: a removal meanwhile
   * either lets the stream end as it should or makes it fail, but never ends it early. Throws
   * BlobMissing. The stream fails with BlobDamaged where what is stored is not what was written.
   */
  read(key: BlobKey, options?: ReadBlobOptions): Promise<BlobContent>

  /** Throws BlobMissing. */
  head(key: BlobKey): Promise<{ readonly sizeBytes: number }>

  /**
   * Also resolves where there is no such blob. A stage of the same key stays. A loss of power may
   * undo it, so that what is listed has to be compared with what should be there from time to time.
   */
  remove(key: BlobKey): Promise<void>

  /**
   * Every committed blob below a prefix, once, in an order of the store's own
   * that stays the same; one that comes or goes meanwhile may be among them or not.
   */
  list(options?: ListBlobsOptions): AsyncIterable<BlobEntry>

  /**
   * What was begun and neither committed nor aborted, also by processes that are gone. Of one that
   * is not resumable only what takes up room.
   */
  listStaged(): AsyncIterable<StagedEntry>

  /** Ends what the store holds open. What is under way fails. */
  close(): Promise<void>
}

/**
 * The bytes of a blob to be. Appends to one stage go one after the other, which the store checks
 * within this process (StageBusy); where several processes may write to one stage, the service sees
 * to it by a lease.
 */
export interface Stage {
  readonly key: BlobKey

  /** How many bytes are kept for certain: where the next append has to start. */
  offsetBytes(): Promise<number>

  /** The note that was kept together with `offsetBytes`, if any. */
  note(): Promise<Uint8Array | undefined>

  /**
   * Adds the bytes of a source and resolves with the new offset. Where the stage is resumable, they
   * are durable then, and when the source fails or the signal is raised, what arrived until then is
   * kept: the error is thrown on, and `offsetBytes` tells how far it came. After a crash that is at
   * least what was durable `checkpointBytes` before. Takes the chunks as its own: who gave one must
   * not write into it again. Throws StageOffsetMismatch, StageBusy, StageMissing after an abort.
   */
  append(offsetBytes: number, source: BlobSource, options?: AppendOptions): Promise<number>

  /**
   * Makes the blob visible, whole and durable, in one instant. Resolves with its size also where it
   * was committed before: a repeat after a crash is safe. Replaces what the key held; who reads
   * meanwhile gets the one or the other. Throws StageMissing where there is neither.
   */
  commit(): Promise<number>

  /** Drops the bytes. Also resolves where there are none. What was committed stays. */
  abort(): Promise<void>
}

export type BlobSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface StageOptions {
  /**
   * Whether appends are durable by themselves, so that another process can go on after a crash.
   * Costs a write or two for each append. Default: only the commit makes durable.
   */
  readonly resumable?: boolean
}

export interface AppendOptions {
  readonly signal?: AbortSignal
  /** Told of each chunk that the store does not look at again. A store need not tell. */
  readonly onTaken?: (chunk: Uint8Array) => void
  /**
   * For who wraps a store: asked after whole chunks of the source, at each checkpoint and at the
   * end, what to keep together with the offset, atomically. At most `noteBytesMax`.
   */
  readonly note?: () => Uint8Array
}

export interface ReadBlobOptions {
  /** From `start` to before `end`, counted in bytes; both are cut to the size of the blob. */
  readonly range?: ByteRange
  readonly signal?: AbortSignal
}

export interface ByteRange {
  readonly start: number
  readonly end?: number
}

export interface BlobContent {
  readonly stream: Readable
  /** Of the whole blob, whatever the range. */
  readonly sizeBytes: number
}

export interface ListBlobsOptions {
  /** Whole segments: `acme` lists `acme/a`, but not `acme2/a`. Default: everything. */
  readonly prefix?: BlobKey
  /** Goes on behind this key, in the store's order; it need not exist any more. */
  readonly after?: BlobKey
}

export interface BlobEntry {
  readonly key: BlobKey
  /** The bytes that it takes up, which encryption and compression change. */
  readonly storedBytes: number
  readonly modifiedAt: Date
}

export interface StagedEntry {
  readonly key: BlobKey
  readonly isResumable: boolean
  /** The last append. */
  readonly modifiedAt: Date
  /** Drops its bytes, whoever began it: only when nobody can be writing to it any more. */
  drop(): Promise<void>
}

declare const blobKeyBrand: unique symbol
export type BlobKey = string & { readonly [blobKeyBrand]: true }

/**
 * A key from its segments: `blobKey(tenant, id)`. Letters, digits, `_` and `-`, at most 120 each; a
 * dot may lead the first one, which is for decorators' own and can be no tenant.
 */
export function blobKey(...segments: readonly string[]): BlobKey {
  const key = segments.join('/')
  if (!isBlobKey(key)) throw new TypeError(`"${key}" cannot be the key of a blob`)
  return key
}

export function isBlobKey(text: string): text is BlobKey {
  return text.length <= blobKeyLengthMax && blobKeyPattern.test(text)
}

const blobKeyPattern = /^\.?[A-Za-z0-9_-]{1,120}(\/[A-Za-z0-9_-]{1,120})*$/
const blobKeyLengthMax = 512

/** How much of an append a crash can cost at most, by what the adapters do meanwhile. */
export const checkpointBytes = 32 * 1024 * 1024

/** How much may be kept beside a stage. */
export const noteBytesMax = 1024 * 1024

/** There is no such blob. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing'
  readonly key: BlobKey

  constructor(key: BlobKey, options?: ErrorOptions) {
    super(`There is no blob ${key}`, options)
    this.key = key
  }
}

/** What is stored is not what was written: tampered with, cut off, or sealed by a lost key. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged'
}

/** The store did not answer, also after the adapter had asked again until its limit. */
export class BlobStoreUnavailable extends Error {
  override readonly name = 'BlobStoreUnavailable'
}

/** No room. Nothing can be seen of the write; what a stage kept before is still there. */
export class BlobStoreFull extends Error {
  override readonly name = 'BlobStoreFull'
}

/** There is neither such a stage nor a committed blob. */
export class StageMissing extends Error {
  override readonly name = 'StageMissing'
}

/** The stage ends elsewhere than where the append would start. */
export class StageOffsetMismatch extends Error {
  override readonly name = 'StageOffsetMismatch'
  readonly offsetBytes: number

  constructor(offsetBytes: number) {
    super(`The stage ends at byte ${offsetBytes}`)
    this.offsetBytes = offsetBytes
  }
}

/** Another append to this stage is under way in this process. */
export class StageBusy extends Error {
  override readonly name = 'StageBusy'
}
