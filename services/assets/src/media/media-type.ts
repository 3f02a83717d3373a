import { imageHeadBytes, imageTypeOf } from '../images/image-type.ts'

/** How much of a file's beginning is enough to tell what it is. */
export const headBytes = imageHeadBytes

interface Signature {
  readonly mediaType: string
  readonly at?: number
  readonly bytes: readonly number[] | string
  /** A second place that has to agree, for containers that hold many things. */
  readonly and?: { readonly at: number; readonly bytes: string }
}

const riff = (kind: string) => ({ bytes: 'RIFF', and: { at: 8, bytes: kind } })
const isoMedia = (brand: string) => ({ at: 4, bytes: 'ftyp', and: { at: 8, bytes: brand } })

/**
 * Beside the pictures that are taken as such. The first that fits counts: what is more special
 * stands before what is more general.
 */
const signatures: readonly Signature[] = [
  { mediaType: 'image/avif', ...isoMedia('avif') },
  { mediaType: 'image/avif', ...isoMedia('avis') },
  { mediaType: 'image/heic', ...isoMedia('heic') },
  { mediaType: 'image/heic', ...isoMedia('heix') },
  { mediaType: 'image/heif', ...isoMedia('mif1') },
  { mediaType: 'image/tiff', bytes: [0x49, 0x49, 0x2a, 0x00] },
  { mediaType: 'image/tiff', bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { mediaType: 'image/bmp', bytes: 'BM', and: { at: 6, bytes: '\0\0\0\0' } },
  { mediaType: 'image/x-icon', bytes: [0x00, 0x00, 0x01, 0x00] },
  { mediaType: 'application/pdf', bytes: '%PDF-' },
  {
    mediaType: 'application/epub+zip',
    bytes: 'PK\u0003\u0004',
    and: { at: 30, bytes: 'mimetypeapplication/epub+zip' },
  },
  {
    mediaType: 'application/vnd.oasis.opendocument.text',
    bytes: 'PK\u0003\u0004',
    and: { at: 30, bytes: 'mimetypeapplication/vnd.oasis.opendocument.text' },
  },
  { mediaType: 'application/zip', bytes: 'PK\u0003\u0004' },
  { mediaType: 'application/zip', bytes: 'PK\u0005\u0006' },
  { mediaType: 'application/gzip', bytes: [0x1f, 0x8b, 0x08] },
  { mediaType: 'application/zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { mediaType: 'application/x-7z-compressed', bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
  { mediaType: 'application/vnd.rar', bytes: 'Rar!\u001A\u0007' },
  { mediaType: 'application/x-tar', at: 257, bytes: 'ustar' },
  { mediaType: 'application/vnd.sqlite3', bytes: 'SQLite format 3\0' },
  { mediaType: 'application/wasm', bytes: '\0asm' },
  { mediaType: 'font/woff2', bytes: 'wOF2' },
  { mediaType: 'font/woff', bytes: 'wOFF' },
  { mediaType: 'font/otf', bytes: 'OTTO' },
  { mediaType: 'font/ttf', bytes: [0x00, 0x01, 0x00, 0x00, 0x00] },
  { mediaType: 'audio/mpeg', bytes: 'ID3' },
  { mediaType: 'audio/mpeg', bytes: [0xff, 0xfb] },
  { mediaType: 'audio/flac', bytes: 'fLaC' },
  { mediaType: 'audio/wav', ...riff('WAVE') },
  { mediaType: 'audio/ogg', bytes: 'OggS' },
  { mediaType: 'audio/mp4', ...isoMedia('M4A ') },
  { mediaType: 'video/quicktime', ...isoMedia('qt  ') },
  { mediaType: 'video/mp4', at: 4, bytes: 'ftyp' },
  { mediaType: 'video/webm', bytes: [0x1a, 0x45, 0xdf, 0xa3] },
]

/**
 * The media type of a file by its first bytes, at most `headBytes` of them; never by its name,
 * which anyone can choose. Text that is nothing more special is text/plain, what is unknown
 * application/octet-stream.
 */
export function mediaTypeOf(head: Uint8Array): string {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, headBytes))
  const known = imageTypeOf(bytes) ?? signatures.find((each) => fits(bytes, each))?.mediaType
  if (known) return known
  const text = textOf(bytes)
  if (text === undefined) return 'application/octet-stream'
  if (/^\uFEFF?\s*<(!doctype html|html|head|body|script|iframe|title)[\s/>]/i.test(text)) {
    return 'text/html'
  }
  return /^\uFEFF?\s*<\?xml/.test(text) ? 'application/xml' : 'text/plain'
}

function fits(bytes: Buffer, { at = 0, bytes: expected, and }: Signature): boolean {
  const stands = (place: number, wanted: Buffer) =>
    bytes.subarray(place, place + wanted.length).equals(wanted)
  const first =
    typeof expected === 'string' ? Buffer.from(expected, 'latin1') : Buffer.from(expected)
  return stands(at, first) && (!and || stands(and.at, Buffer.from(and.bytes, 'latin1')))
}

/** Control characters that text has: white space, and the escapes of terminals. */
const inText: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b])

/** Undefined for what is not text in UTF-8; a character that the head cuts in two is none. */
function textOf(bytes: Buffer): string | undefined {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    const text = utf8.decode(bytes, { stream: true })
    return bytes.some((byte) => byte < 0x20 && !inText.has(byte)) ? undefined : text
  } catch {
    return undefined
  }
}
