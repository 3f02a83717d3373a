import type { FileHandle } from 'node:fs/promises'
import { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { BlobDamaged, type ByteRange } from '../port.ts'
import { storeFailure } from './failure.ts'
import type { ReadBuffers } from './read-buffers.ts'

/** Read at once for whoever keeps the chunks. */
const chunkBytes = 256 * 1024

/**
 * The bytes of a file from `start` to before `end`; closes the file at its end. Who reads the
 * chunks may keep them, but piped into an HTTP response, which tells when it has sent a chunk, they
 * lie in `buffers` that are used again.
 */
export function createFileStream(
  file: FileHandle,
  { start, end }: Required<ByteRange>,
  buffers: ReadBuffers,
): Readable {
  let at = start

  async function readInto(buffer: Buffer) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (bytesRead === 0) throw new BlobDamaged('A file is shorter than it was')
    at += bytesRead
    return buffer.subarray(0, bytesRead)
  }

  const stream = new Readable({
    highWaterMark: chunkBytes,
    read() {
      if (at >= end) {
        this.push(null)
        return
      }
      readInto(Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - at))).then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(failureOf(error)),
      )
    },
    destroy(error, done) {
      void closeThen(file, (fault) => done(error ?? fault))
    },
  })

  /** One piece is read while the one before is being sent. */
  async function send(response: ServerResponse, endsToo: boolean) {
    response.on('error', (error) => stream.destroy(error))
    try {
      let sent = Promise.resolve()
      while (at < end && !stream.destroyed) {
        const buffer = buffers.take(end - at)
        const piece = await readInto(buffer)
        await sent
        sent = sendPiece(response, piece).then(() => buffers.giveBack(buffer))
        sent.catch(() => {}) // awaited below, or in the next turn
      }
      await sent
      if (stream.destroyed) return // whoever did that breaks the connection: this is not the end
      if (endsToo) response.end()
      stream.push(null)
      stream.resume()
    } catch (error) {
      stream.destroy(failureOf(error))
    }
  }

  const pipe = stream.pipe.bind(stream)
  return Object.assign(stream, {
    pipe<Destination extends NodeJS.WritableStream>(
      destination: Destination,
      options?: { readonly end?: boolean },
    ): Destination {
      if (!(destination instanceof ServerResponse)) return pipe(destination, options)
      void send(destination, options?.end ?? true)
      return destination
    },
  })
}

/** Resolves when the bytes are needed no more; a piece that was not sent may be needed for ever. */
function sendPiece(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.destroyed) reject(new Error('the client has gone'))
    else response.write(piece, (error) => (error ? reject(error) : resolve()))
  })
}

async function closeThen(file: FileHandle, done: (fault: Error | null) => void) {
  try {
    await file.close()
  } catch (error) {
    done(failureOf(error))
    return
  }
  done(null)
}

function failureOf(error: unknown): Error {
  const failure = storeFailure(error)
  return failure instanceof Error ? failure : new Error('a file cannot be read', { cause: error })
}
