import { frameBytes } from './frames.ts'
import type { Seal } from './frame-index.ts'
import type { Sealer } from './sealer.ts'

/** What is known of a sealed stage; the note of the stage inside keeps it. */
export interface SealedState {
  readonly seal: Seal
  /** Of each frame as it is stored. */
  readonly storedBytes: readonly number[]
  /** What is too small for a frame as yet. */
  readonly tail: Buffer
  /** The size of the blob, once its index is written: then nothing but the commit is left. */
  readonly completeBytes?: number
  readonly note?: Uint8Array
}

export const sizeOf = ({ storedBytes, tail, completeBytes }: SealedState) =>
  completeBytes ?? storedBytes.length * frameBytes + tail.length

export const innerOffsetOf = ({ storedBytes }: Pick<SealedState, 'storedBytes'>) =>
  storedBytes.reduce((sum, length) => sum + length, 0)

interface Header {
  readonly seal: Seal
  readonly frames: number
  readonly tailBytes: number
  readonly completeBytes?: number
  readonly hasNote: boolean
}

/** A line of JSON, the sizes of the frames, the tail as a sealed piece, the note of the caller. */
export function packSealedState(sealer: Sealer, state: SealedState): Buffer {
  const { seal, storedBytes, completeBytes, note } = state
  const tail = sealer.seal('tail', storedBytes.length, state.tail)
  const header: Header = {
    seal,
    frames: storedBytes.length,
    tailBytes: tail.length,
    ...(completeBytes === undefined ? {} : { completeBytes }),
    hasNote: note !== undefined,
  }
  const sizes = Buffer.alloc(4 * storedBytes.length)
  storedBytes.forEach((length, n) => sizes.writeUInt32BE(length, 4 * n))
  const line = Buffer.from(`${JSON.stringify(header)}\n`)
  return Buffer.concat([line, sizes, tail, ...(note ? [note] : [])])
}

export async function unpackSealedState(
  packed: Buffer,
  sealerOf: (seal: Seal) => Promise<Sealer>,
): Promise<SealedState> {
  const sizesStart = packed.indexOf('\n') + 1
  const header = JSON.parse(packed.subarray(0, sizesStart).toString()) as Header
  const { seal, frames, completeBytes, hasNote } = header
  const tailStart = sizesStart + 4 * frames
  const noteStart = tailStart + header.tailBytes
  const sealer = await sealerOf(seal)
  return {
    seal,
    storedBytes: Array.from({ length: frames }, (_none, n) =>
      packed.readUInt32BE(sizesStart + 4 * n),
    ),
    tail: sealer.open('tail', frames, packed.subarray(tailStart, noteStart)),
    ...(completeBytes === undefined ? {} : { completeBytes }),
    ...(hasNote ? { note: packed.subarray(noteStart) } : {}),
  }
}
