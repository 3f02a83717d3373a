import { createCipheriv, randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { type BlobKey, blobKey, type BlobStore, type ByteRange } from '../port.ts'

/**
 * The store under test. Its opener is a module of its own, so that other processes can open the
 * same store.
 */
export interface Subject {
  readonly opener: URL
  /** What the opener is given; asked once, before the first case. */
  readonly place: () => string | Promise<string>
  /** Sizes around which something changes, beside those of the suite. */
  readonly boundaries?: readonly number[]
  /** More entries than the store lists in one go. Default: 40. */
  readonly manyEntries?: number
}

/** What an opener exports. */
export interface Opener {
  open(place: string): Promise<BlobStore>
}

/** What the cases work on. */
export interface Bench {
  readonly store: BlobStore
  readonly subject: Subject
  readonly place: string
  /** Another store on the same data, closed after the last case. */
  another(): Promise<BlobStore>
}

export function createBench(subject: Subject): Bench {
  const opened: BlobStore[] = []
  const state: { place?: string; open?: Opener['open'] } = {}
  const another = async () => {
    if (!state.open || state.place === undefined) throw new Error('The bench is not ready')
    const store = await state.open(state.place)
    opened.push(store)
    return store
  }
  beforeAll(async () => {
    state.place = await subject.place()
    const { open } = (await import(subject.opener.href)) as Opener
    state.open = open
    await another()
  })
  afterAll(() => Promise.all(opened.map((store) => store.close())))
  return {
    subject,
    another,
    get store() {
      const [store] = opened
      if (!store) throw new Error('The bench is not ready')
      return store
    },
    get place() {
      return state.place ?? ''
    },
  }
}

/** A key that no other case uses. */
export const newKey = (tenant = 'acme') => blobKey(tenant, `blob_${randomUUID()}`)

/** Bytes that nothing compresses, the same for the same seed. */
export function noise(sizeBytes: number, seed = 1): Buffer {
  const key = Buffer.alloc(16, seed)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes))
}

/** Bytes that compress well. */
export function text(sizeBytes: number): Buffer {
  const line = 'The same words again and again, as they stand in logs and documents.\n'
  return Buffer.alloc(sizeBytes, line)
}

/** A source of chunks of one size, copied: the store takes them as its own. */
export async function* chunksOf(bytes: Buffer, chunkBytes = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    yield Buffer.from(bytes.subarray(at, at + chunkBytes))
  }
}

/** Writes a blob in one go. */
export async function put(store: BlobStore, key: BlobKey, bytes: Buffer): Promise<void> {
  const stage = await store.stage(key)
  await stage.append(0, chunksOf(bytes))
  await stage.commit()
}

export async function get(store: BlobStore, key: BlobKey, range?: ByteRange): Promise<Buffer> {
  const { stream } = await store.read(key, range ? { range } : {})
  return Buffer.concat((await stream.toArray()) as Buffer[])
}

/** Whether two are equal, without a difference of megabytes where they are not. */
export const isSame = (one: Buffer, other: Buffer) => one.equals(other)
