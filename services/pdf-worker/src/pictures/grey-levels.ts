/*
 * A device shows 16 greys or so, and turns what lies between into the next one: a photograph gets
 * steps where its light changes slowly. We do the rounding before the device does.
 */

/** So many greys cover most of what was drawn; of a photograph, none covers much. */
const greysOfDrawing = 8
const shareOfDrawing = 0.6

/** Whether a picture was drawn: scattered dots would spoil its even areas. */
export function hasEvenAreas(pixels: Uint8Array): boolean {
  const counts = new Uint32Array(256)
  for (const value of pixels) counts[value] = (counts[value] ?? 0) + 1
  const largest = counts.toSorted().slice(-greysOfDrawing)
  return largest.reduce((sum, count) => sum + count, 0) >= pixels.length * shareOfDrawing
}

/** Each pixel as the nearest of so many greys: what was drawn keeps its even areas. */
export function toNearestGrey(pixels: Uint8Array, levels: number): void {
  const nearest = nearestTable(levels)
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = nearest[pixels[at] ?? 0] ?? 0
}

/**
 * Hands what each pixel loses by rounding on to its neighbours (Floyd and Steinberg): from afar a
 * photograph keeps its light. Rows go to and fro, so that no pattern runs to one side.
 */
export function toScatteredGrey(pixels: Uint8Array, width: number, levels: number): void {
  const nearest = nearestTable(levels)
  const height = pixels.length / width
  let errors = new Float32Array(width + 2)
  for (let row = 0; row < height; row += 1) {
    const below = new Float32Array(width + 2)
    const step = row % 2 === 0 ? 1 : -1
    let carried = 0
    for (let count = 0; count < width; count += 1) {
      const column = step === 1 ? count : width - 1 - count
      const at = row * width + column
      const wanted = (pixels[at] ?? 0) + carried + (errors[column + 1] ?? 0)
      const shown = nearest[Math.max(0, Math.min(255, Math.round(wanted)))] ?? 0
      pixels[at] = shown
      const error = wanted - shown
      carried = (error * 7) / 16
      add(below, column + 1 - step, (error * 3) / 16)
      add(below, column + 1, (error * 5) / 16)
      add(below, column + 1 + step, error / 16)
    }
    errors = below
  }
}

function add(row: Float32Array, at: number, value: number) {
  row[at] = (row[at] ?? 0) + value
}

function nearestTable(levels: number): Uint8Array {
  const steps = levels - 1
  return Uint8Array.from({ length: 256 }, (_, value) =>
    Math.round((Math.round((value / 255) * steps) * 255) / steps),
  )
}

/** Bits that a pixel of so many greys takes where they fill the bits exactly, else 8. */
export function bitsFor(levels: number): 1 | 2 | 4 | 8 {
  if (levels === 2) return 1
  if (levels === 4) return 2
  return levels === 16 ? 4 : 8
}

/** Several pixels in a byte, each row beginning with a byte of its own. */
export function packBits(pixels: Uint8Array, width: number, bits: 1 | 2 | 4 | 8): Uint8Array {
  if (bits === 8) return pixels
  const perByte = 8 / bits
  const rowBytes = Math.ceil(width / perByte)
  const height = pixels.length / width
  const result = new Uint8Array(rowBytes * height)
  const steps = 2 ** bits - 1
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const level = Math.round(((pixels[row * width + column] ?? 0) / 255) * steps)
      const at = row * rowBytes + Math.floor(column / perByte)
      const shift = 8 - bits * ((column % perByte) + 1)
      result[at] = (result[at] ?? 0) | (level << shift)
    }
  }
  return result
}
