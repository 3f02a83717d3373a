/** What is taken as a picture, by what its bytes say. */
export const imageMediaTypes = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/svg+xml',
] as const

export type ImageMediaType = (typeof imageMediaTypes)[number]

export const isImageMediaType = (mediaType: string): mediaType is ImageMediaType =>
  imageMediaTypes.some((each) => each === mediaType)

/** As much as `imageTypeOf` looks at. */
export const imageHeadBytes = 4_096

/** The kind of picture that the first bytes say; undefined for none. A name says nothing. */
export function imageTypeOf(head: Uint8Array): ImageMediaType | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, imageHeadBytes))
  const text = start.toString('latin1', 0, 12)
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(text)) return 'image/gif'
  if (/^RIFF[^]{4}WEBP/.test(text)) return 'image/webp'
  return isSvg(start) ? 'image/svg+xml' : undefined
}

/** Whether the first element is `svg`, behind a declaration, comments and a document type. */
function isSvg(start: Buffer) {
  const text = start.toString('utf8').replace(/^\ufeff/, '')
  const prolog = /^(?:\s+|<\?[^]*?\?>|<!--[^]*?-->|<!DOCTYPE[^>[]*(?:\[[^]*?\]\s*)?>)*/i
  return /^<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]/.test(text.replace(prolog, ''))
}
