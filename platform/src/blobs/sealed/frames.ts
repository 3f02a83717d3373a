import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { BlobDamaged } from '../port.ts'
import type { Sealer } from './sealer.ts'

/** A blob is cut into frames of so much; a range unpacks those that it touches. */
export const frameBytes = 128 * 1024

const raw = 0
const zstd = 1

/** Less than this is not worth unpacking it. */
const worthwhileShare = 0.9

/** After so many frames at most, what did not get smaller is tried again. */
const untriedFramesMax = 64

export interface FrameWriter {
  /** Sealed, in the order of their numbers. */
  pack(number: number, bytes: Buffer): Buffer
}

/**
 * Packs frames: compressed where that makes them smaller, and after some that did not, without
 * trying for a while. What compresses is told by the bytes, not by a list of types.
 */
export function createFrameWriter(
  sealer: Sealer,
  { compress }: { compress: boolean },
): FrameWriter {
  let untried = 0
  let untriedNext = 1
  const compressed = (bytes: Buffer): Buffer | undefined => {
    if (!compress || untried > 0) {
      untried -= 1
      return undefined
    }
    const small = zstdCompressSync(bytes, zstdOptions)
    if (small.length < bytes.length * worthwhileShare) {
      untriedNext = 1
      return small
    }
    untried = untriedNext
    untriedNext = Math.min(untriedFramesMax, untriedNext * 2)
    return undefined
  }
  return {
    pack(number, bytes) {
      const small = compressed(bytes)
      const method = small ? zstd : raw
      return sealer.seal('frame', number, Buffer.concat([Buffer.from([method]), small ?? bytes]))
    },
  }
}

const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Throws BlobDamaged. */
export function unpackFrame(sealer: Sealer, number: number, sealed: Buffer): Buffer {
  const piece = sealer.open('frame', number, sealed)
  if (piece[0] !== zstd) return piece.subarray(1)
  try {
    return zstdDecompressSync(piece.subarray(1), { maxOutputLength: frameBytes })
  } catch (error) {
    throw new BlobDamaged('A frame cannot be unpacked', { cause: error })
  }
}

/** What sealing adds to a frame that is not compressed. */
export const frameOverheadBytes = (sealer: Sealer) => sealer.overheadBytes + 1
