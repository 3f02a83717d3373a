import { deflateSync } from 'node:zlib'
import type { PdfkitDocument, Reference } from './pdfkit-document.ts'

/** An object whose text we write ourselves; pdfkit's own way costs several times as much. */
export interface WrittenObject {
  readonly reference: Reference
  /** The value; of a stream its dictionary, without length and filter, and without the brackets. */
  readonly value: string
  readonly stream?: Packed
}

export interface ObjectWriter {
  reserve(): Reference
  /** Writes objects one after the other, as one piece. */
  write(objects: readonly WrittenObject[]): void
}

export function createObjectWriter(document: PdfkitDocument): ObjectWriter {
  return {
    reserve: () => document.ref({}),
    write(objects) {
      const pieces: Uint8Array[] = []
      let offset = document._offset
      let text = ''
      const flush = () => {
        if (text === '') return
        pieces.push(Buffer.from(text, 'latin1'))
        text = ''
      }
      for (const { reference, value, stream } of objects) {
        reference.offset = offset
        const head = `${reference.id} 0 obj\n`
        const body = stream
          ? `<<${value} /Length ${stream.bytes.length} ${stream.filter}>>\nstream\n`
          : `${value}\n`
        const tail = stream ? '\nendstream\nendobj\n' : 'endobj\n'
        text += head + body
        if (stream) {
          flush()
          pieces.push(stream.bytes)
        }
        text += tail
        offset += head.length + body.length + (stream?.bytes.length ?? 0) + tail.length
      }
      flush()
      document._write(Buffer.concat(pieces))
      for (const { reference } of objects) document._refEnd(reference)
    },
  }
}

/**
 * Levels above this one take more time than a page takes to write, and save a few bytes. What packs
 * a page has as much memory as a page needs: made anew for each, it would fragment the process's.
 */
const ofPages = { level: 6, windowBits: 13, memLevel: 6 } as const
const ofLarge = { level: 6 } as const
const pageBytesMax = 2 ** 14

export function packed(text: string): Packed {
  return packedBytes(Buffer.from(text, 'latin1'))
}

export function packedBytes(bytes: Uint8Array): Packed {
  const options = bytes.length > pageBytesMax ? ofLarge : ofPages
  const chunkSize = Math.min(65_536, Math.max(1_024, bytes.length >> 2))
  return { bytes: deflateSync(bytes, { ...options, chunkSize }), filter: '/Filter /FlateDecode' }
}

/** A stream's bytes, and the entry that says how they are packed. */
interface Packed {
  readonly bytes: Uint8Array
  readonly filter: string
}
