/** The image types that every browser shows and that cannot run anything. */
const plainImages: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
])

/** A browser shows these in place, an SVG behind a wall; everything else it saves. */
const isShownInPlace = (mediaType: string) =>
  plainImages.has(mediaType) || mediaType === 'image/svg+xml'

/** Text is in UTF-8, or it would not be known as text. */
export const contentTypeOf = (mediaType: string) =>
  mediaType.startsWith('text/') ? `${mediaType}; charset=utf-8` : mediaType

/**
 * Header fields that keep what a person uploaded from acting on our behalf when it is opened: the
 * type is what we say, nothing runs or loads, and what is not an image is saved and not shown.
 */
export function safetyHeaders(
  name: string,
  mediaType: string,
  isDownload: boolean,
): Readonly<Record<string, string>> {
  const kind = isDownload || !isShownInPlace(mediaType) ? 'attachment' : 'inline'
  return {
    'content-disposition': `${kind}; ${namesOf(name)}`,
    'x-content-type-options': 'nosniff',
    ...(plainImages.has(mediaType)
      ? {}
      : {
          'content-security-policy':
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
        }),
  }
}

const endings: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
}

/** The name of a file that is given as another type than it was stored as. */
export function nameAs(name: string, stored: string, given: string): string {
  if (stored === given) return name
  return `${name.replace(/(?<=.)\.[^.]{1,8}$/u, '')}${endings[given] ?? ''}`
}

/** RFC 6266 and RFC 8187: the name for everyone, and for those who know only ASCII. */
function namesOf(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7E]|["\\%]/gu, '_')
  if (ascii === name) return `filename="${name}"`
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `filename="${ascii}"; filename*=UTF-8''${encoded}`
}
