import { Rejection } from '@atrium/platform/rejection.ts'
import sharp, { type Sharp } from 'sharp'
import { createTurns } from '@atrium/platform/turns.ts'
import { containerOf } from './container.ts'
import { reduceGreys } from './dither.ts'
import { type ImageMediaType, imageTypeOf } from './image-type.ts'
import { inspectSvg } from './inspect-svg.ts'
import type { Variant } from './variant.ts'

export interface ImageLimits {
  /** Of all frames together, unpacked. */
  readonly pixelsMax: number
  readonly framesMax: number
  readonly decodeTimeoutSeconds: number
  /** Pictures that are worked on at once; each holds a thread and its pixels. */
  readonly parallelMax: number
  /** Pictures that wait for their turn; more are refused as unavailable. */
  readonly waitingMax: number
}

export const imageLimitsDefault: ImageLimits = {
  pixelsMax: 50_000_000,
  framesMax: 500,
  decodeTimeoutSeconds: 15,
  parallelMax: 2,
  waitingMax: 500,
}

export interface InspectedImage {
  readonly mediaType: ImageMediaType
  /** As it is shown: turned where the picture says so. */
  readonly width: number
  readonly height: number
}

export interface RenderedImage {
  readonly bytes: Buffer
  readonly mediaType: `image/${Variant['format']}`
  readonly width: number
  readonly height: number
}

type GivenBytes = Buffer | (() => Promise<Buffer>)

export interface ImageWorkshop {
  /**
   * What a picture is, by its bytes, after all of it was decoded once within the limits. They are
   * only fetched when it is their turn: those that wait take no memory. Throws
   * image-invalid, image-too-many-pixels and svg-active, each with the rule that it breaks.
   */
  inspect(bytes: GivenBytes): Promise<InspectedImage>
  /** Makes a picture from one that was inspected. The same bytes for the same variant. */
  render(bytes: GivenBytes, variant: Variant): Promise<RenderedImage>
}

export function createImageWorkshop(limits: ImageLimits = imageLimitsDefault): ImageWorkshop {
  // What is stored are uploads of strangers: of the decoders only these may see any of it.
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: loaders })
  sharp.cache(false)
  sharp.concurrency(1)
  const inTurn = createTurns(limits)
  return {
    inspect: (given) => inTurn(async () => inspectImage(await bytesOf(given), limits)),
    render: (given, variant) =>
      inTurn(async () => renderVariant(await bytesOf(given), variant, limits)),
  }
}

const bytesOf = (given: GivenBytes) => (typeof given === 'function' ? given() : given)

const loaders = [
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadSvgBuffer',
]

const formatOf: Readonly<Record<ImageMediaType, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
}

async function inspectImage(bytes: Buffer, limits: ImageLimits): Promise<InspectedImage> {
  const mediaType = imageTypeOf(bytes)
  if (!mediaType) throw refused('unknown-type')
  if (mediaType === 'image/svg+xml') inspectSvg(bytes)
  const container = containerOf(mediaType, bytes)
  if (!container) throw refused('truncated')
  if (container.trailingBytes > 0) throw refused('trailing-bytes')

  const header = await attempt('header', () => open(bytes, limits).metadata())
  if (header.format !== formatOf[mediaType]) throw refused('unknown-type')
  const frames = Math.max(header.pages ?? 1, container.frames)
  const pixels = header.width * (header.pageHeight ?? header.height) * frames
  if (frames > limits.framesMax || pixels > limits.pixelsMax) {
    const { pixelsMax, framesMax } = limits
    throw new Rejection('image-too-many-pixels', { pixels, frames, pixelsMax, framesMax })
  }
  await attempt('broken', () => decodeAll(bytes, limits))
  return { mediaType, ...header.autoOrient }
}

/** Unpacks every row, in a stream, and keeps next to nothing of it. */
function decodeAll(bytes: Buffer, limits: ImageLimits) {
  return open(bytes, limits, { pages: -1 })
    .timeout({ seconds: limits.decodeTimeoutSeconds })
    .resize(16, 16, { fit: 'fill', kernel: 'nearest', fastShrinkOnLoad: false })
    .raw()
    .toBuffer()
}

function open(
  bytes: Buffer,
  { pixelsMax }: ImageLimits,
  more: { pages?: number; density?: number } = {},
) {
  // The header is judged before this limit, so that the refusal can tell the figures.
  return sharp(bytes, {
    limitInputPixels: more.pages === undefined ? false : pixelsMax,
    failOn: 'error',
    sequentialRead: true,
    ...more,
  })
}

async function renderVariant(
  bytes: Buffer,
  variant: Variant,
  limits: ImageLimits,
): Promise<RenderedImage> {
  // What is drawn was inspected when it came; it is looked at again by the rules of today.
  if (imageTypeOf(bytes) === 'image/svg+xml') inspectSvg(bytes)
  return await attempt('broken', async () => {
    const density = await densityFor(bytes, variant, limits)
    const { width, height, fit } = variant
    const resized = open(bytes, limits, { pages: 1, ...(density === undefined ? {} : { density }) })
      .timeout({ seconds: limits.decodeTimeoutSeconds })
      .autoOrient()
      .resize(width, height, { fit, background: white, withoutEnlargement: fit === 'inside' })
    const coloured = variant.grey === undefined ? resized : await inGreys(resized, variant)
    const { data, info } = await encoded(coloured, variant)
      .timeout({ seconds: limits.decodeTimeoutSeconds })
      .toBuffer({ resolveWithObject: true })
    return {
      bytes: data,
      mediaType: `image/${variant.format}`,
      width: info.width,
      height: info.height,
    }
  })
}

const white = { r: 255, g: 255, b: 255, alpha: 1 }

/** Points of an SVG to the inch at which it is drawn as large as it is asked for. */
async function densityFor(bytes: Buffer, { width, height, fit }: Variant, limits: ImageLimits) {
  if (imageTypeOf(bytes) !== 'image/svg+xml') return undefined
  const header = await open(bytes, limits).metadata()
  const scales = [width / header.width, height / header.height]
  const scale = fit === 'inside' ? Math.min(...scales) : Math.max(...scales)
  const scaleMax = Math.sqrt(limits.pixelsMax / (header.width * header.height))
  return Math.min(densityMax, Math.max(1, Math.min(scale, scaleMax) * densityOfPoints))
}

const densityOfPoints = 72
const densityMax = 100_000

async function inGreys(picture: Sharp, { grey = 2, dither }: Variant): Promise<Sharp> {
  const { data, info } = await picture
    .flatten({ background: white })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true })
  await reduceGreys(data, info.width, { levels: grey, dither })
  const raw = { width: info.width, height: info.height, channels: 1 } as const
  return sharp(data, { raw }).toColourspace('b-w')
}

/** Greys keep their levels in PNG and WebP; JPEG only comes near them. */
function encoded(picture: Sharp, { format, grey }: Variant): Sharp {
  switch (format) {
    case 'png':
      return picture.png() // more effort takes many times as long for a hundredth less
    case 'jpeg':
      return picture.flatten({ background: white }).jpeg({ quality: 85 })
    case 'webp':
      return picture.webp({ quality: 85, lossless: grey !== undefined })
  }
}

const refused = (rule: string, cause?: unknown) =>
  new Rejection('image-invalid', { rule }, { cause })

/** What a decoder says of a picture that it cannot read is a refusal of that picture. */
async function attempt<T>(rule: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Rejection ? error : refused(rule, error)
  }
}
