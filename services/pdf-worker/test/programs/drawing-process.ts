import process from 'node:process'
import { readPicture } from '../../src/pictures/picture.ts'

// Draws a text as the render process would, and prints how many of its pixels are dark. Arguments:
// the text, and the family of fonts.

const [text = '', family = ''] = process.argv.slice(2)
const drawing = [
  '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40">',
  '<rect width="200" height="40" fill="#ffffff"/>',
  `<text x="4" y="28" font-size="24" font-family="${family}">${text}</text></svg>`,
].join('')
const { content } = await readPicture(Buffer.from(drawing), {
  widthPx: 200,
  heightPx: 40,
  isStretched: false,
  isGrey: true,
  greyLevels: 2,
})
const pixels = content.kind === 'pixels' ? [...content.bytes] : []
console.log(pixels.filter((value) => value === 0).length)
