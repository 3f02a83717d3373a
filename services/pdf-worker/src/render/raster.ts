import type { CompiledDocument } from '../compiler/compiled.ts'
import type { Pixels } from '../pictures/picture.ts'

/** Pixels as a PNG file. */
export async function encodePng(width: number, height: number, pixels: Pixels): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  const { channels, bytes, alpha } = pixels
  const image = sharp(bytes, { raw: { width, height, channels } })
  const shown = alpha ? image.joinChannel(alpha, { raw: { width, height, channels: 1 } }) : image
  return shown.png().toBuffer()
}

const widthMax = 2_400

/** A drawing of a page as PNG, so many pixels wide, in greys where the device has no colours. */
export async function rasterise(
  svg: string,
  { size, device }: CompiledDocument,
  widthPx: number,
): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  const width = Math.max(1, Math.min(widthMax, Math.round(widthPx)))
  const image = sharp(Buffer.from(svg), { density: Math.ceil((72 * width) / size.width) })
  const sized = image.resize({ width }).flatten({ background: '#FFFFFF' })
  if (device.color) return sized.png().toBuffer()
  // The search for a better palette takes longer than the drawing, and greys do not need it.
  const palette = { palette: true, colours: device.greyLevels, effort: 1, dither: 0 }
  return sized.greyscale().png(palette).toBuffer()
}
