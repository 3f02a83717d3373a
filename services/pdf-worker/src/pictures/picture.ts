import type { Sharp, SharpOptions } from 'sharp'
import { hasEvenAreas, toNearestGrey, toScatteredGrey } from './grey-levels.ts'
import { PictureUnreadable, safeSvg } from './svg-safety.ts'

/** How a device shows a picture, and how large. */
export interface Wanted {
  /** Pixels of the device that it covers at most: it is not kept finer than that. */
  readonly widthPx: number
  readonly heightPx: number
  /** Its sides are scaled apart somewhere, so that it has to be fine enough for the longer one. */
  readonly isStretched: boolean
  readonly isGrey: boolean
  readonly greyLevels: number
}

/** A decoded picture, in the greys or colours of the device. */
export interface Picture {
  readonly width: number
  readonly height: number
  /** As the file has it, at 72 dots an inch, one pixel a point. */
  readonly naturalWidth: number
  readonly naturalHeight: number
  readonly content: Pixels | Photograph
}

export interface Pixels {
  readonly kind: 'pixels'
  /** One byte a pixel, or three. */
  readonly channels: 1 | 3
  readonly bytes: Buffer
  /** One byte a pixel; null where nothing shines through. */
  readonly alpha: Buffer | null
}

/** In colour, packed as JPEG. */
export interface Photograph {
  readonly kind: 'jpeg'
  readonly bytes: Buffer
}

const pixelsMax = 50_000_000 // of the file; 512 KB of a PNG can claim any number
const timeoutSeconds = 30
const jpegQuality = 88
const densityMax = 100_000 // dots an inch, sharp's own limit, of a tiny drawing that is shown large

/** Throws PictureUnreadable for what is no PNG, JPEG or SVG, is broken, or is too large. */
export async function readPicture(file: Buffer, wanted: Wanted): Promise<Picture> {
  const format = formatOf(file)
  if (format === undefined) throw new PictureUnreadable('it is no PNG, JPEG or SVG')
  const bytes = format === 'svg' ? safeSvg(file) : file
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  const open = (options: SharpOptions = {}) =>
    sharp(bytes, { limitInputPixels: pixelsMax, failOn: 'error', ...options })
  try {
    const { width, height, autoOrient } = await open().metadata()
    const natural = format === 'jpeg' ? autoOrient : { width, height }
    const density = format === 'svg' ? densityFor(natural, wanted) : undefined
    const image = open(density === undefined ? {} : { density })
      .timeout({ seconds: timeoutSeconds })
      .autoOrient()
      .resize({
        width: wanted.widthPx,
        height: wanted.heightPx,
        fit: wanted.isStretched ? 'outside' : 'inside',
        withoutEnlargement: true,
      })
    const shown = await readContent(image, format, wanted)
    return { ...shown, naturalWidth: natural.width, naturalHeight: natural.height }
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new PictureUnreadable(why, { cause })
  }
}

type Format = 'png' | 'jpeg' | 'svg'

function formatOf(file: Buffer): Format | undefined {
  if (file.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'png'
  if (file.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'jpeg'
  const start = file
    .toString('utf8', 0, 1_024)
    .replace(/^\ufeff/, '')
    .trimStart()
  const isXml =
    start.startsWith('<?xml') || start.startsWith('<!--') || start.startsWith('<!DOCTYPE')
  return start.startsWith('<svg') || isXml ? 'svg' : undefined
}

function densityFor(natural: { width: number; height: number }, wanted: Wanted): number {
  const factors = [wanted.widthPx / natural.width, wanted.heightPx / natural.height]
  const factor = wanted.isStretched ? Math.max(...factors) : Math.min(...factors)
  return Math.max(1, Math.min(densityMax, Math.ceil(72 * factor)))
}

async function readContent(image: Sharp, format: Format, wanted: Wanted) {
  if (format === 'jpeg' && !wanted.isGrey) {
    const { data, info } = await image
      .toColourspace('srgb')
      .jpeg({ quality: jpegQuality })
      .toBuffer({ resolveWithObject: true })
    const content: Photograph = { kind: 'jpeg', bytes: data }
    return { width: info.width, height: info.height, content }
  }
  const { data, info } = await image
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const { pixels, alpha } = split(data, width * height, wanted.isGrey)
  if (wanted.isGrey) {
    if (hasEvenAreas(pixels)) toNearestGrey(pixels, wanted.greyLevels)
    else toScatteredGrey(pixels, width, wanted.greyLevels)
  }
  const content: Pixels = {
    kind: 'pixels',
    channels: wanted.isGrey ? 1 : 3,
    bytes: pixels,
    alpha,
  }
  return { width, height, content }
}

/** From four bytes a pixel. */
function split(data: Buffer, count: number, isGrey: boolean) {
  const alpha = Buffer.alloc(count)
  const pixels = Buffer.alloc(isGrey ? count : count * 3)
  let isOpaque = true
  for (let at = 0; at < count; at += 1) {
    const red = data[at * 4] ?? 0
    const green = data[at * 4 + 1] ?? 0
    const blue = data[at * 4 + 2] ?? 0
    const opacity = data[at * 4 + 3] ?? 255
    alpha[at] = opacity
    if (opacity !== 255) isOpaque = false
    if (isGrey) {
      pixels[at] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue)
    } else {
      pixels[at * 3] = red
      pixels[at * 3 + 1] = green
      pixels[at * 3 + 2] = blue
    }
  }
  return { pixels, alpha: isOpaque ? null : alpha }
}
