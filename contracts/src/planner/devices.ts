import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const

/** What an e-ink device shows and how finely: lengths on its page in points, pixels as built. */
export const DeviceProfile = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9][a-z0-9._-]*$' }),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    widthPx: Type.Integer({ minimum: 100, maximum: 10_000 }),
    heightPx: Type.Integer({ minimum: 100, maximum: 10_000 }),
    ppi: Type.Integer({ minimum: 50, maximum: 1_000 }),
    color: Type.Boolean(),
    orientation: Type.Union([Type.Literal('portrait'), Type.Literal('landscape')]),
    safeMarginsPt: Type.Array(Type.Number({ minimum: 0, maximum: 200 }), {
      minItems: 4,
      maxItems: 4,
      description: 'Top, right, bottom, left.',
    }),
    minFontPt: Type.Number({ minimum: 1, maximum: 72 }),
    minStrokePt: Type.Number({ minimum: 0, maximum: 10 }),
    minTouchTargetPt: Type.Number({ minimum: 0, maximum: 200 }),
    greyLevels: Type.Integer({ minimum: 2, maximum: 256 }),
    maxGreyFillArea: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'The largest share of a page that may be filled with grey.',
    }),
    stylus: Type.Boolean(),
  },
  closed,
)
export type DeviceProfile = Static<typeof DeviceProfile>

type Pixels = readonly [widthPx: number, heightPx: number, ppi: number]
type Limits = readonly [
  margin: number,
  fontPt: number,
  strokePt: number,
  touchPt: number,
  greyArea: number,
]

/** Every device that is known without a profile of one's own. All show 16 greys. */
export const devices: readonly DeviceProfile[] = [
  of('boox-go-10.3', [1872, 1404, 227], 'portrait', [36, 10, 0.75, 30, 0.15], {
    color: false,
    stylus: false,
    name: 'Boox-Go-10.3',
  }),
  of('boox-go-color-7-landscape', [1680, 1264, 300], 'landscape', [24, 8, 0.5, 28, 0.2], {
    color: true,
    stylus: false,
  }),
  of('boox-go-color-7-portrait', [1680, 1264, 300], 'portrait', [24, 8, 0.5, 28, 0.2], {
    color: true,
    stylus: false,
  }),
  of('boox-max-13', [1650, 2200, 207], 'portrait', [36, 10, 0.75, 30, 0.2], {
    color: false,
    stylus: false,
  }),
  of('boox-note-air-3c', [1404, 1872, 227], 'portrait', [36, 10, 0.75, 30, 0.2], {
    color: true,
    stylus: true,
  }),
  of('boox-note-air-4c-landscape', [1872, 1404, 227], 'landscape', [36, 10, 0.75, 30, 0.15], {
    color: true,
    stylus: false,
    name: 'boox-note-air-4C-landscape',
  }),
  of('boox-note-air-4c-letter', [1872, 1404, 227], 'portrait', [36, 10, 0.75, 30, 0.15], {
    color: true,
    stylus: false,
  }),
  of('boox-note-air-4c', [1872, 1404, 227], 'portrait', [36, 10, 0.75, 30, 0.2], {
    color: true,
    stylus: false,
  }),
  of('boox-page', [1264, 1680, 300], 'portrait', [24, 8, 0.5, 28, 0.2], {
    color: false,
    stylus: false,
  }),
  of('boox-tab-mini-c', [1872, 1404, 300], 'landscape', [36, 8, 0.5, 30, 0.2], {
    color: true,
    stylus: false,
  }),
  of('boox-tab-ultra-c-landscape', [2200, 1650, 207], 'landscape', [48, 9, 0.5, 30, 0.2], {
    color: true,
    stylus: false,
  }),
  of('boox-tab-ultra-c-portrait', [2200, 1650, 207], 'portrait', [48, 9, 0.5, 30, 0.2], {
    color: true,
    stylus: false,
  }),
  of('kindle-paperwhite', [1236, 1648, 300], 'portrait', [24, 8, 0.5, 28, 0.2], {
    color: false,
    stylus: false,
  }),
  of('kindle-scribe', [1860, 2480, 300], 'portrait', [32, 8, 0.5, 28, 0.25], {
    color: false,
    stylus: true,
  }),
  of('kobo-clara-2e', [1072, 1448, 300], 'portrait', [24, 8, 0.5, 28, 0.2], {
    color: false,
    stylus: false,
  }),
  of('kobo-elipsa-2e', [1404, 1872, 227], 'portrait', [36, 10, 0.75, 30, 0.2], {
    color: false,
    stylus: true,
  }),
  of('kobo-libra-2', [1264, 1680, 300], 'portrait', [24, 8, 0.5, 28, 0.2], {
    color: false,
    stylus: false,
  }),
  of('kobo-sage', [1440, 1920, 300], 'portrait', [28, 8, 0.5, 26, 0.25], {
    color: false,
    stylus: true,
  }),
  of('remarkable-1', [1872, 1404, 226], 'portrait', [36, 10, 0.75, 30, 0.2], {
    color: false,
    stylus: false,
  }),
  of('remarkable-2', [1404, 1872, 226], 'portrait', [36, 10, 0.75, 30, 0.2], {
    color: false,
    stylus: true,
  }),
  of('remarkable-paper-pro-move-landscape', [954, 1696, 264], 'landscape', [36, 9, 0.75, 30, 0.2], {
    color: true,
    stylus: true,
  }),
  of('remarkable-paper-pro-move-portrait', [954, 1696, 264], 'portrait', [36, 9, 0.75, 30, 0.2], {
    color: true,
    stylus: true,
  }),
  of('remarkable-paper-pro', [1620, 2160, 229], 'portrait', [36, 9, 0.75, 30, 0.2], {
    color: true,
    stylus: true,
  }),
  of('supernote-a5x', [1404, 1872, 226], 'portrait', [36, 10, 0.75, 30, 0.2], {
    color: false,
    stylus: true,
  }),
  of('supernote-a6x', [1404, 1872, 300], 'portrait', [28, 8, 0.5, 28, 0.2], {
    color: false,
    stylus: true,
  }),
  of('supernote-manta', [1920, 2560, 300], 'portrait', [32, 8, 0.5, 28, 0.25], {
    color: false,
    stylus: true,
  }),
  of('supernote-nomad', [1404, 1872, 300], 'portrait', [28, 8, 0.5, 28, 0.2], {
    color: false,
    stylus: true,
  }),
]

/** A page of the device in points, turned as it is held, to one decimal. */
export function pageSizeOf({ widthPx, heightPx, ppi, orientation }: DeviceProfile) {
  const pointsOf = (pixels: number) => Math.round(((pixels * 72) / ppi) * 10) / 10
  const long = pointsOf(Math.max(widthPx, heightPx))
  const short = pointsOf(Math.min(widthPx, heightPx))
  return orientation === 'landscape'
    ? { width: long, height: short }
    : { width: short, height: long }
}

/** Names that old projects carry, of profiles that were split by how the device is held. */
const formerNames: Readonly<Record<string, string>> = {
  'boox-go-color-7': 'boox-go-color-7-portrait',
  'boox-note-air-4c-portrait': 'boox-note-air-4c',
  'boox-tab-ultra-c': 'boox-tab-ultra-c-portrait',
  'remarkable-paper-pro-move': 'remarkable-paper-pro-move-portrait',
}

/** The profile of that id, without regard to case, by its old name too; undefined if none is. */
export function deviceOf(id: string): DeviceProfile | undefined {
  const given = id.trim().toLowerCase()
  const wanted = formerNames[given] ?? given
  return devices.find((device) => device.id === wanted)
}

function of(
  id: string,
  [widthPx, heightPx, ppi]: Pixels,
  orientation: DeviceProfile['orientation'],
  [margin, minFontPt, minStrokePt, minTouchTargetPt, maxGreyFillArea]: Limits,
  { name = id, color, stylus }: { name?: string; color: boolean; stylus: boolean },
): DeviceProfile {
  return {
    id,
    name,
    widthPx,
    heightPx,
    ppi,
    color,
    orientation,
    safeMarginsPt: [margin, margin, margin, margin],
    minFontPt,
    minStrokePt,
    minTouchTargetPt,
    greyLevels: 16,
    maxGreyFillArea,
    stylus,
  }
}
