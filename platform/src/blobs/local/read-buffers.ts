/** Large buffers for the bytes of files on their way out, each used again when they have gone. */
export interface ReadBuffers {
  /** For no more than `bytes`, and perhaps for less: the next piece of what is to be read. */
  take(bytes: number): Buffer
  /** Only when nobody looks at the buffer any more. */
  giveBack(buffer: Buffer): void
}

/** Fewer and larger reads are faster: each wakes a thread. A slow client holds two of them. */
const pieceBytes = 512 * 1024
/** Less than this is not worth a buffer of the full size. */
const smallBytesMax = 64 * 1024
const keptMax = 32

/**
 * Where every piece gets a new buffer, their number makes the garbage collector walk through the
 * whole heap several times a second, which takes longer than to read and to send the bytes.
 */
export function createReadBuffers(): ReadBuffers {
  const free: Buffer[] = []
  return {
    take(bytes) {
      if (bytes <= smallBytesMax) return Buffer.allocUnsafeSlow(bytes)
      return free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
    },
    giveBack(buffer) {
      if (buffer.length === pieceBytes && free.length < keptMax) free.push(buffer)
    },
  }
}
