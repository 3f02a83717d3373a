import sharp from 'sharp'
import { pictureIds } from './planners/pictures.ts'

/** The bytes of the assets that the golden planners name, made anew and always the same. */
export async function goldenAssets(): Promise<ReadonlyMap<string, Buffer>> {
  const photograph = sharp(hills(), { raw: { width: side, height: side, channels: 3 } })
  return new Map([
    [pictureIds.photograph, await photograph.clone().png().toBuffer()],
    [pictureIds.photographJpeg, await photograph.clone().jpeg({ quality: 90 }).toBuffer()],
    [pictureIds.drawing, Buffer.from(drawing)],
  ])
}

const side = 240

/** A sky that grows lighter, a sun, and hills before it. */
function hills(): Buffer {
  const pixels = Buffer.alloc(side * side * 3)
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const isSun = Math.hypot(x - 170, y - 70) < 28
      const far = y > 150 + 18 * Math.sin(x / 38)
      const near = y > 190 + 22 * Math.sin(x / 55 + 2)
      const [red, green, blue] = near
        ? [52, 84, 48]
        : far
          ? [110, 140, 96]
          : isSun
            ? [250, 226, 120]
            : [110 + y / 2, 150 + y / 2, 215]
      pixels.set([red, green, blue].map(Math.round), (y * side + x) * 3)
    }
  }
  return pixels
}

const drawing = [
  '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">',
  '<circle cx="48" cy="48" r="44" fill="#dddddd" stroke="#000000" stroke-width="3"/>',
  '<path d="M28 60 Q48 82 68 60" fill="none" stroke="#000000" stroke-width="4"/>',
  '<circle cx="34" cy="38" r="5"/><circle cx="62" cy="38" r="5"/></svg>',
].join('')
