/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number]

/** Undefined for what is no colour, or still to be filled in by tokens. */
export function rgbOf(color: unknown): Rgb | undefined {
  const [, red, green, blue] =
    typeof color === 'string'
      ? (/^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color) ?? [])
      : []
  if (red === undefined || green === undefined || blue === undefined) return undefined
  return [parseInt(red, 16), parseInt(green, 16), parseInt(blue, 16)]
}

export const isGrey = ([red, green, blue]: Rgb) => red === green && green === blue

/** How bright a colour is to the eye, as a whole number. */
export const brightnessOf = ([red, green, blue]: Rgb) =>
  Math.trunc((299 * red + 587 * green + 114 * blue) / 1_000)

/** The nearest of so many greys from black to white. */
export function nearestLevel(brightness: number, levels: number): number {
  const steps = levels - 1
  return Math.round((Math.round((brightness / 255) * steps) * 255) / steps)
}

export function greyHex(brightness: number): string {
  const digits = brightness.toString(16).padStart(2, '0').toUpperCase()
  return `#${digits}${digits}${digits}`
}
