import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { compiledDocument } from '../../test/compiled.ts'
import { rendered } from '../../test/rendering.ts'
import { box, image } from '../../test/widgets.ts'
import { type Wanted, readPicture } from './picture.ts'
import { pictureUses } from './uses.ts'

const wanted: Wanted = {
  widthPx: 1_000,
  heightPx: 1_000,
  isStretched: false,
  isGrey: true,
  greyLevels: 16,
}

const plain = (width: number, height: number, background = '#818181') =>
  sharp({ create: { width, height, channels: 3, background } })
const svg = (attributes: string, inside = '<rect width="100%" height="100%" fill="#808080"/>') =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inside}</svg>`)

describe('a picture on a grey device', () => {
  it('has the greys of the device alone', async () => {
    const { content } = await readPicture(await plain(40, 20).png().toBuffer(), wanted)
    expect(content).toMatchObject({ kind: 'pixels', channels: 1, alpha: null })
    expect(content.kind === 'pixels' && new Set(content.bytes)).toEqual(new Set([136]))
  })

  it('of a photograph is scattered, whatever the format', async () => {
    const ramp = Buffer.from(Array.from({ length: 256 * 64 }, (_, index) => index % 256))
    const photograph = sharp(ramp, { raw: { width: 256, height: 64, channels: 1 } })
    for (const file of [await photograph.png().toBuffer(), await photograph.jpeg().toBuffer()]) {
      const { content } = await readPicture(file, wanted)
      const pixels = content.kind === 'pixels' ? content.bytes : Buffer.alloc(0)
      const column = Array.from({ length: 64 }, (_, row) => pixels[row * 256 + 128])
      expect(new Set(column)).toEqual(new Set([119, 136]))
    }
  })

  it('keeps what shines through', async () => {
    const file = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } },
    })
      .png()
      .toBuffer()
    const { content } = await readPicture(file, wanted)
    expect(content.kind === 'pixels' && content.alpha?.[0]).toBe(128)
  })
})

describe('a picture on a colour device', () => {
  const colour = { ...wanted, isGrey: false }

  it('keeps its colours; a photograph stays packed as one', async () => {
    const png = await readPicture(await plain(4, 4, '#ff0000').png().toBuffer(), colour)
    expect(png.content.kind === 'pixels' && [...png.content.bytes.subarray(0, 3)]).toEqual([
      255, 0, 0,
    ])
    const jpeg = await readPicture(await plain(4, 4).jpeg().toBuffer(), colour)
    expect(jpeg.content.kind).toBe('jpeg')
  })
})

describe('the size of a picture', () => {
  it('is no finer than the device shows it', async () => {
    const file = await plain(4_000, 2_000).png().toBuffer()
    expect(await readPicture(file, wanted)).toMatchObject({
      width: 1_000,
      height: 500,
      naturalWidth: 4_000,
    })
    const stretched = await readPicture(file, { ...wanted, isStretched: true })
    expect(stretched).toMatchObject({ width: 2_000, height: 1_000 })
  })

  it('is never more than there is of it', async () => {
    const file = await plain(10, 10).png().toBuffer()
    expect(await readPicture(file, wanted)).toMatchObject({ width: 10, height: 10 })
  })

  it('of a drawing is what the device shows, since it has no pixels', async () => {
    const picture = await readPicture(svg('width="10" height="5"'), wanted)
    expect(picture).toMatchObject({ width: 1_000, height: 500, naturalWidth: 10 })
  })

  it('of a photograph is that of the picture upright', async () => {
    const file = await plain(40, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer()
    expect(await readPicture(file, wanted)).toMatchObject({ naturalWidth: 20, naturalHeight: 40 })
  })
})

describe('a broken or hostile file', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a GIF', Buffer.from('GIF89a')],
    ['a PNG that is cut short', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a JPEG without a picture', Buffer.from('ffd8ffe000104a46494600', 'hex')],
    ['XML that is no drawing', Buffer.from('<?xml version="1.0"?><html/>')],
    ['a drawing of 10 billion pixels', svg('width="100000" height="100000"')],
    ['a drawing of no size', svg('width="0" height="0"')],
    ['a drawing that refers to a file', svg('', '<image href="file:///etc/passwd"/>')],
  ])('is refused: %s', async (_, file) => {
    await expect(readPicture(file, { ...wanted, widthPx: 100_000 })).rejects.toMatchObject({
      name: 'PictureUnreadable',
    })
  })

  it('of a PNG that claims to be huge is refused before it is unpacked', async () => {
    const file = await plain(8, 8).png().toBuffer()
    file.writeUInt32BE(60_000, 16)
    file.writeUInt32BE(60_000, 20)
    await expect(readPicture(file, wanted)).rejects.toMatchObject({ name: 'PictureUnreadable' })
  })

  it('runs no script, and fetches nothing', async () => {
    const scripted = svg('width="4" height="4"', '<script>throw 1</script><foreignObject/>')
    expect(await readPicture(scripted, wanted)).toMatchObject({ naturalWidth: 4 })
  })
})

describe('a picture that is shown often', () => {
  const document = compiledDocument({
    pageCount: 3,
    widgets: (page) => [
      image({ id: 'a', box: box(0, 0, 20 * page, 20) }),
      image({ id: 'b', fit: 'stretch', opacity: 0.5 }),
      image({ id: 'c', assetId: null }),
    ],
  })

  it('is read once, at the largest of its sizes', () => {
    const uses = pictureUses(document)
    expect(uses.size).toBe(1)
    const [use] = uses.values()
    expect(use).toMatchObject({
      assetId: 'ast_1',
      wanted: { widthPx: Math.ceil((200 / 72) * document.device.ppi), isStretched: true },
    })
  })

  it('is in the file once', async () => {
    const file = await plain(40, 20).png().toBuffer()
    const { bytes, findings } = await rendered(document, {
      readAsset: () => Promise.resolve(file),
    })
    expect(findings).toEqual([])
    expect(bytes.toString('latin1').match(/\/Subtype \/Image/g)).toHaveLength(1)
    expect(bytes.toString('latin1')).toContain('/BitsPerComponent 4')
  })
})
