/** Between two looks at what else there is to do: a few milliseconds of a large picture. */
const pixelsAtATime = 400_000

/** Errors are carried in sixteenths, as whole numbers: every machine gives the same picture. */
const unit = 16

/**
 * Brings a picture of one byte a pixel, from black to white, to `levels` evenly spaced greys, in
 * place. With `floyd-steinberg` what a pixel is too dark or too bright by is spread over its
 * neighbours (R. W. Floyd, L. Steinberg, 1976: 7, 3, 5 and 1 sixteenths), every second row from
 * right to left, so that no pattern leans to one side.
 */
export async function reduceGreys(
  pixels: Uint8Array,
  width: number,
  { levels, dither }: { readonly levels: number; readonly dither: 'none' | 'floyd-steinberg' },
): Promise<void> {
  const rowsAtATime = Math.max(1, Math.floor(pixelsAtATime / width))
  const height = pixels.length / width
  const carry = createCarry(width)
  for (let top = 0; top < height; top += rowsAtATime) {
    const bottom = Math.min(height, top + rowsAtATime)
    for (let row = top; row < bottom; row += 1) {
      const line = pixels.subarray(row * width, (row + 1) * width)
      if (dither === 'none') nearest(line, levels)
      else spread(line, levels, carry, row % 2 === 1)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function nearest(line: Uint8Array, levels: number) {
  const step = 255 / (levels - 1)
  for (let x = 0; x < line.length; x += 1) {
    line[x] = Math.round(Math.round((line[x] ?? 0) / step) * step)
  }
}

interface Carry {
  /** What this row and the next one get from what came before, one pixel of margin on each side. */
  here: Int32Array
  below: Int32Array
}

const createCarry = (width: number): Carry => ({
  here: new Int32Array(width + 2),
  below: new Int32Array(width + 2),
})

function spread(line: Uint8Array, levels: number, carry: Carry, isBackwards: boolean) {
  const step = 255 / (levels - 1)
  const { here, below } = carry
  const forward = isBackwards ? -1 : 1
  for (let n = 0; n < line.length; n += 1) {
    const x = isBackwards ? line.length - 1 - n : n
    const at = x + 1
    const wanted = (line[x] ?? 0) * unit + (here[at] ?? 0)
    const index = Math.min(levels - 1, Math.max(0, Math.round(wanted / unit / step)))
    const given = Math.round(index * step)
    line[x] = given
    const error = wanted - given * unit
    const ahead = (error * 7) >> 4
    const behindBelow = (error * 3) >> 4
    const straightBelow = (error * 5) >> 4
    add(here, at + forward, ahead)
    add(below, at - forward, behindBelow)
    add(below, at, straightBelow)
    add(below, at + forward, error - ahead - behindBelow - straightBelow)
  }
  carry.here = below
  carry.below = here.fill(0)
}

function add(errors: Int32Array, at: number, error: number) {
  errors[at] = (errors[at] ?? 0) + error
}
