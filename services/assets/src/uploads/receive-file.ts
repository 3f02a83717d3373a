import { createHash } from 'node:crypto'
import type { BlobKey, BlobSource, BlobStore } from '@atrium/platform/blobs/port.ts'
import { blobKey } from '@atrium/platform/blobs/port.ts'
import { writeBlob } from '@atrium/platform/blobs/write-blob.ts'
import { headBytes, mediaTypeOf } from '../media/media-type.ts'

/**
 * A file whose bytes have all arrived: in memory where it is small, else under its key in the blob
 * store, where nobody knows of it yet.
 */
export interface ReceivedFile {
  readonly assetId: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly sha256: string
  /** The first bytes, by which the type was told. */
  readonly head: Buffer
  readonly content:
    | { readonly key: BlobKey; readonly bytes: Buffer }
    | { readonly key: BlobKey; readonly storedAtMs: number }
}

export interface ReceiveOptions {
  readonly blobs: BlobStore
  readonly tenant: string
  readonly assetId: string
  readonly source: BlobSource
  /**
   * Asked before bytes are stored: whether a file of this type may have so many, of which all have
   * arrived, and whether there is room for them. Throws what it is to be refused with.
   */
  readonly admit: (arrived: { mediaType: string; sizeBytes: number }) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * A file of up to so many bytes waits in memory until all of it is here: most need no stage then,
 * because their content is there already, and room is reserved for exactly what they take.
 */
const inMemoryBytesMax = 1024 * 1024

/**
 * Takes a file in, whatever its size: its hash while it passes, its type from its first bytes.
 * Where anything fails, nothing of it stays.
 */
export async function receiveFile(options: ReceiveOptions): Promise<ReceivedFile> {
  const { blobs, tenant, assetId, source, admit, signal } = options
  const hash = createHash('sha256')
  const measured = { mediaType: '', sizeBytes: 0 }
  const head: Uint8Array[] = []

  async function* admitted(chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>) {
    yield* head.splice(0)
    for (let step = await chunks.next(); step.done !== true; step = await chunks.next()) {
      hash.update(step.value)
      measured.sizeBytes += step.value.length
      await admit(measured)
      yield step.value
    }
  }

  const chunks = iteratorOf(source)
  try {
    const isWhole = await fillHead(chunks, head)
    for (const chunk of head) hash.update(chunk)
    const first = Buffer.concat(isWhole ? head : upTo(headBytes, head))
    measured.mediaType = mediaTypeOf(first)
    measured.sizeBytes = head.reduce((sum, { length }) => sum + length, 0)
    signal.throwIfAborted()
    await admit(measured)
    const beginning = Buffer.from(first.subarray(0, headBytes))
    const received = () => ({
      assetId,
      ...measured,
      sha256: hash.digest('hex'),
      head: beginning,
    })
    const key = blobKey(tenant, assetId)
    if (isWhole) return { ...received(), content: { key, bytes: first } }

    await writeBlob(blobs, key, admitted(chunks), { signal, onTaken: letGoOfMemory })
    return { ...received(), content: { key, storedAtMs: Date.now() } }
  } finally {
    await chunks.return?.()
  }
}

/** Reads until there is more than waits in memory; true where the source ended before. */
async function fillHead(
  chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
  head: Uint8Array[],
): Promise<boolean> {
  let bytes = 0
  while (bytes <= inMemoryBytesMax) {
    const step = await chunks.next()
    if (step.done === true) return true
    head.push(step.value)
    bytes += step.value.length
  }
  return false
}

/**
 * Left to the collector of garbage, pieces that lie outside its heap make it walk the whole heap
 * for every 45 MB of an upload, which takes as long as all the rest. Parts of a larger piece of
 * memory stay: others may use the rest of it.
 */
function letGoOfMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}

function upTo(bytes: number, chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  let missing = bytes
  return chunks.filter(({ length }) => {
    const isNeeded = missing > 0
    missing -= length
    return isNeeded
  })
}

const iteratorOf = (source: BlobSource) =>
  Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
