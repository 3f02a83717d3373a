import { Readable } from 'node:stream'
import { BlobDamaged, type BlobKey, type BlobStore, type ReadBlobOptions } from '../port.ts'
import type { FrameIndex } from './frame-index.ts'
import { frameBytes, unpackFrame } from './frames.ts'

/** The bytes of a range, out of the frames that it touches and no others. */
export async function readFrames(
  inner: BlobStore,
  innerKey: BlobKey,
  index: FrameIndex,
  { range, signal }: ReadBlobOptions,
): Promise<Readable> {
  const { sizeBytes, storedBytes } = index
  const start = range?.start ?? 0
  const end = Math.min(range?.end ?? sizeBytes, sizeBytes)
  if (start >= end) return Readable.from([])

  const first = Math.floor(start / frameBytes)
  const last = Math.floor((end - 1) / frameBytes)
  const storedStart = sumOf(storedBytes.subarray(0, first))
  const storedEnd = storedStart + sumOf(storedBytes.subarray(first, last + 1))
  const { stream } = await inner.read(innerKey, {
    range: { start: storedStart, end: storedEnd },
    ...(signal ? { signal } : {}),
  })
  async function* bytes() {
    let number = first
    for await (const frame of framesOf(stream, storedBytes.subarray(first, last + 1))) {
      const unpacked = unpackFrame(index.sealer, number, frame)
      const at = number * frameBytes
      yield unpacked.subarray(Math.max(0, start - at), end - at)
      number += 1
    }
  }
  const unsealed = Readable.from(bytes(), { objectMode: false, ...(signal ? { signal } : {}) })
  unsealed.once('close', () => stream.destroy())
  return unsealed
}

/** A stream cut into pieces of these lengths. Throws BlobDamaged where it is shorter. */
async function* framesOf(stream: Readable, lengths: Uint32Array): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let next = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    gathered.push(chunk)
    gatheredBytes += chunk.length
    for (let length = lengths[next]; length !== undefined && gatheredBytes >= length;) {
      const [only] = gathered
      const all = only && gathered.length === 1 ? only : Buffer.concat(gathered)
      yield all.subarray(0, length)
      gathered = [all.subarray(length)]
      gatheredBytes = all.length - length
      next += 1
      length = lengths[next]
    }
  }
  if (next < lengths.length) throw new BlobDamaged('The stored blob is cut off')
}

const sumOf = (lengths: Uint32Array) => lengths.reduce((sum, length) => sum + length, 0)
