import type { Box } from '../compiler/box.ts'
import type { Picture as PictureMark } from '../layout/display-list.ts'
import { bitsFor, packBits } from '../pictures/grey-levels.ts'
import type { Picture } from '../pictures/picture.ts'
import { type ObjectWriter, type WrittenObject, packedBytes } from './object-writer.ts'
import type { Reference } from './pdfkit-document.ts'

/** Writes a picture, and its transparency as a picture of its own. */
export function writePicture(
  picture: Picture,
  greyLevels: number,
  writer: ObjectWriter,
): Reference {
  const reference = writer.reserve()
  const size = `/Type /XObject /Subtype /Image /Width ${picture.width} /Height ${picture.height}`
  const { content } = picture
  if (content.kind === 'jpeg') {
    const value = `${size} /ColorSpace /DeviceRGB /BitsPerComponent 8`
    const stream = { bytes: content.bytes, filter: '/Filter /DCTDecode' }
    writer.write([{ reference, value, stream }])
    return reference
  }
  const objects: WrittenObject[] = []
  let mask = ''
  if (content.alpha) {
    const maskReference = writer.reserve()
    mask = ` /SMask ${maskReference.id} 0 R`
    objects.push({
      reference: maskReference,
      value: `${size} /ColorSpace /DeviceGray /BitsPerComponent 8`,
      stream: packedBytes(content.alpha),
    })
  }
  const isGrey = content.channels === 1
  const bits = isGrey ? bitsFor(greyLevels) : 8
  const bytes = isGrey ? packBits(content.bytes, picture.width, bits) : content.bytes
  const space = isGrey ? '/DeviceGray' : '/DeviceRGB'
  const value = `${size} /ColorSpace ${space} /BitsPerComponent ${bits}${mask}`
  writer.write([...objects, { reference, value, stream: packedBytes(bytes) }])
  return reference
}

/**
 * Where a picture lies: `fit` whole and in the middle, `stretch` over all of the box, `actual` one
 * point a pixel from the bottom left, also beyond the box.
 */
export function placePicture({ box, fit }: PictureMark, picture: Picture): Box {
  const { naturalWidth, naturalHeight } = picture
  if (fit === 'stretch') return box
  if (fit === 'actual') {
    const y = box.y + box.height - naturalHeight
    return { x: box.x, y, width: naturalWidth, height: naturalHeight }
  }
  const factor = Math.min(box.width / naturalWidth, box.height / naturalHeight)
  const width = naturalWidth * factor
  const height = naturalHeight * factor
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height }
}
