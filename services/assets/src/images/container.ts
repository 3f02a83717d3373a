import type { ImageMediaType } from './image-type.ts'

/** How a file of a picture is built, as far as decoders do not tell. */
export interface Container {
  /** Bytes behind the picture's end, which another program may take for a file of its own. */
  readonly trailingBytes: number
  /** Where decoders show one of them alone, and browsers all. */
  readonly frames: number
}

/**
 * Reads the outermost structure of PNG, GIF and WebP. Of JPEG nothing is said: cameras put more
 * pictures and films behind the first one. Undefined where the structure breaks off.
 */
export function containerOf(mediaType: ImageMediaType, bytes: Buffer): Container | undefined {
  switch (mediaType) {
    case 'image/png':
      return pngContainer(bytes)
    case 'image/gif':
      return gifContainer(bytes)
    case 'image/webp':
      return webpContainer(bytes)
    case 'image/jpeg':
    case 'image/svg+xml':
      return { trailingBytes: 0, frames: 1 }
  }
}

/** https://www.w3.org/TR/png-3/#5Chunk-layout */
function pngContainer(bytes: Buffer): Container | undefined {
  let frames = 1
  let at = 8
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (type === 'acTL' && length >= 8 && at + 12 <= bytes.length) {
      frames = bytes.readUInt32BE(at + 8)
    }
    at += 12 + length
    if (type === 'IEND') {
      return at <= bytes.length ? { trailingBytes: bytes.length - at, frames } : undefined
    }
  }
  return undefined
}

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
function gifContainer(bytes: Buffer): Container | undefined {
  let frames = 0
  let at = 13 + colourTableBytes(bytes[10])
  while (at < bytes.length) {
    const introducer = bytes[at]
    if (introducer === 0x3b) return { trailingBytes: bytes.length - at - 1, frames }
    if (introducer === 0x2c) {
      frames += 1
      at = behindBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9]))
    } else if (introducer === 0x21) {
      at = behindBlocks(bytes, at + 2)
    } else {
      return undefined
    }
  }
  return undefined
}

/** Of the packed field that says whether there is one, and how large. */
function colourTableBytes(packed = 0) {
  return packed & 0x80 ? 3 * 2 ** ((packed & 0x07) + 1) : 0
}

function behindBlocks(bytes: Buffer, start: number) {
  let at = start
  while (at < bytes.length && bytes[at] !== 0) at += 1 + (bytes[at] ?? 0)
  return at + 1
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function webpContainer(bytes: Buffer): Container | undefined {
  const end = bytes.readUInt32LE(4) + 8
  if (end > bytes.length) return undefined
  let frames = 0
  for (let at = 12; at + 8 <= end; at += 8 + evened(bytes.readUInt32LE(at + 4))) {
    if (bytes.toString('latin1', at, at + 4) === 'ANMF') frames += 1
  }
  return { trailingBytes: bytes.length - evened(end), frames: Math.max(1, frames) }
}

const evened = (length: number) => length + (length % 2)
