/** A picture that was written into a project: its bytes, and what they say that they are. */
export interface InlineImage {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/svg+xml'
  readonly bytes: Buffer<ArrayBuffer>
}

/** As large as a project takes them. */
const imageBytesMax = 512 * 1024

/** Shorter text without the form of a data URI was never taken for a picture. */
const bareLengthMin = 100

/** The picture of a data URI or bare base64, or in words why it is none that a project takes. */
export function inlineImage(text: string): InlineImage | string {
  const bytes = bytesOf(text.trim())
  if (bytes === undefined || bytes.length === 0) return 'is no picture written as base64'
  if (bytes.length > imageBytesMax) return `has more than ${imageBytesMax / 1024} KB`
  const mediaType = mediaTypeOf(bytes)
  return mediaType === undefined ? 'is no PNG, JPEG or SVG' : { mediaType, bytes }
}

function bytesOf(text: string): Buffer<ArrayBuffer> | undefined {
  const [, parameters, data] = /^data:([^,]{0,200}),(.*)$/s.exec(text) ?? []
  if (parameters === undefined || data === undefined) {
    return text.length < bareLengthMin ? undefined : fromBase64(text)
  }
  return /;base64$/i.test(parameters) ? fromBase64(decoded(data)) : Buffer.from(decoded(data))
}

function fromBase64(text: string): Buffer<ArrayBuffer> | undefined {
  const plain = text.replaceAll(/\s/g, '')
  return /^[A-Za-z0-9+/_-]+=*$/.test(plain) ? Buffer.from(plain, 'base64') : undefined
}

function decoded(data: string): string {
  try {
    return decodeURIComponent(data)
  } catch {
    return data
  }
}

/** By its first bytes, whatever the text says. */
function mediaTypeOf(bytes: Buffer): InlineImage['mediaType'] | undefined {
  if (bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (bytes.subarray(0, 3).toString('latin1') === '\xff\xd8\xff') return 'image/jpeg'
  const start = bytes.subarray(0, 4_096).toString('utf8')
  return /^\uFEFF?\s*(<\?xml|<!--|<!doctype svg|<svg)/i.test(start) &&
    /<svg/i.test(bytes.toString())
    ? 'image/svg+xml'
    : undefined
}
