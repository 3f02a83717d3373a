import { variantSideMax, type VariantQuery } from '@atrium/contracts/assets/variant.ts'
import { deviceOf } from '@atrium/contracts/planner/devices.ts'
import { invalid } from '@atrium/platform/rejection.ts'
import type { ImageMediaType } from './image-type.ts'

/** How a picture is made from another, with nothing left open. */
export interface Variant {
  readonly width: number
  readonly height: number
  readonly fit: 'inside' | 'cover' | 'contain' | 'fill'
  readonly format: 'png' | 'jpeg' | 'webp'
  readonly grey?: number
  readonly dither: 'none' | 'floyd-steinberg'
}

const formats: Readonly<Record<ImageMediaType, Variant['format']>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'png',
  'image/svg+xml': 'png',
}

/** What a query means for a picture of that kind. Throws validation-failed. */
export function resolveVariant(query: VariantQuery, of: ImageMediaType): Variant {
  const device = query.device === undefined ? undefined : deviceOf(query.device)
  if (query.device !== undefined && !device) {
    throw invalid({ pointer: '/query/device', code: 'unknown', detail: 'is no device we know' })
  }
  if (query.dither !== undefined && query.grey === undefined && (!device || device.color)) {
    const detail = 'needs greys: say how many, or name a device that shows greys'
    throw invalid({ pointer: '/query/dither', code: 'without-grey', detail })
  }
  const grey = query.grey ?? (device && !device.color ? device.greyLevels : undefined)
  const width = query.w ?? device?.widthPx
  const height = query.h ?? device?.heightPx
  const hasBoth = width !== undefined && height !== undefined
  return {
    width: width ?? variantSideMax,
    height: height ?? variantSideMax,
    // With one side alone, the other follows from the picture.
    fit: hasBoth ? (query.fit ?? 'inside') : 'inside',
    format: query.format ?? (grey === undefined ? formats[of] : 'png'),
    ...(grey === undefined ? {} : { grey }),
    dither: query.dither ?? (device && grey !== undefined ? 'floyd-steinberg' : 'none'),
  }
}

/** The same for queries that mean the same, for a cache: letters, digits and dashes. */
export function variantName({ width, height, fit, format, grey, dither }: Variant): string {
  const greys = grey === undefined ? '' : `-grey${grey}${dither === 'none' ? '' : '-dithered'}`
  return `${width}x${height}-${fit}-${format}${greys}`
}
