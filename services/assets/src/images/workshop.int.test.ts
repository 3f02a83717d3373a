import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { resolveVariant, variantName, type Variant } from './variant.ts'
import { createImageWorkshop, imageLimitsDefault } from './workshop.ts'

const workshop = createImageWorkshop()

/** A picture whose left half is black, right half white, with greys from top to bottom. */
const picture = (width: number, height: number) => {
  const pixels = Buffer.alloc(width * height * 3)
  for (let at = 0; at < width * height; at += 1) {
    pixels.fill((at * 7) % 256, at * 3, at * 3 + 2)
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}
const png = await picture(60, 40).png().toBuffer()
const jpeg = await picture(60, 40).jpeg().toBuffer()
const webp = await picture(60, 40).webp().toBuffer()
const tiff = await picture(5, 5).tiff().toBuffer()
const gif = await picture(60, 40).gif().toBuffer()
const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="30" height="40"/></svg>',
)
const pictures = { png, jpeg, webp, gif, 'svg+xml': svg }

describe('what is a picture', () => {
  it.each(Object.entries(pictures))(
    '%s is known by its bytes, with its sides',
    async (type, bytes) => {
      expect(await workshop.inspect(bytes)).toEqual({
        mediaType: `image/${type}`,
        width: 60,
        height: 40,
      })
    },
  )

  it('is measured as it is shown, where the camera was held upright', async () => {
    const turned = await picture(60, 40).jpeg().withMetadata({ orientation: 6 }).toBuffer()
    expect(await workshop.inspect(turned)).toMatchObject({ width: 40, height: 60 })
  })

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'unknown-type'],
    ['text', Buffer.from('hello'), 'unknown-type'],
    ['HTML with an SVG inside', Buffer.from('<html><svg/></html>'), 'unknown-type'],
    ['a comment of HTML that speaks of SVG', Buffer.from('<!-- <svg --><p>'), 'unknown-type'],
    ['PDF', Buffer.from('%PDF-1.7\n'), 'unknown-type'],
    ['TIFF', tiff, 'unknown-type'],
    ['a signature alone', png.subarray(0, 8), 'truncated'],
    ['PNG that breaks off', png.subarray(0, -20), 'truncated'],
    ['GIF that breaks off', gif.subarray(0, -20), 'truncated'],
    ['WebP that breaks off', webp.subarray(0, -20), 'truncated'],
    ['JPEG that breaks off', jpeg.subarray(0, jpeg.length / 2), 'broken'],
    ['PNG whose checksum is wrong', flipped(png, 200), 'broken'],
    ['PNG with a ZIP behind it', Buffer.concat([png, Buffer.from('PK\x03\x04')]), 'trailing-bytes'],
    [
      'GIF with a script behind it',
      Buffer.concat([gif, Buffer.from('=1;alert(1)')]),
      'trailing-bytes',
    ],
    ['WebP with HTML behind it', Buffer.concat([webp, Buffer.from('<script>')]), 'trailing-bytes'],
    [
      'GIF that is a script',
      Buffer.from('GIF89a/*' + 'x'.repeat(50) + '*/=1;alert(1)//'),
      'truncated',
    ],
    ['an SVG named as one and cut off', svg.subarray(0, 80), 'not-well-formed'],
  ])('%s is not', async (_what, bytes, rule) => {
    await expect(workshop.inspect(bytes)).rejects.toMatchObject({
      code: 'image-invalid',
      extensions: { rule },
    })
  })
})

describe('bombs', () => {
  it('of a header that names more pixels than are unpacked are refused by it alone', async () => {
    const bomb = pngOf(60_000, 60_000, deflateSync(Buffer.alloc(10_000)))
    await expect(workshop.inspect(bomb)).rejects.toMatchObject({
      code: 'image-too-many-pixels',
      extensions: { pixels: 3_600_000_000, pixelsMax: imageLimitsDefault.pixelsMax },
    })
  })

  it('of few bytes and many pixels are refused as well', async () => {
    const bytes = deflateSync(Buffer.alloc((9_000 / 8 + 1) * 9_000))
    expect(bytes.length).toBeLessThan(20_000)
    await expect(workshop.inspect(pngOf(9_000, 9_000, bytes))).rejects.toMatchObject({
      code: 'image-too-many-pixels',
    })
  })

  it('of many frames are refused, also where decoders show one alone', async () => {
    const many = { code: 'image-too-many-pixels', extensions: { framesMax: 500 } }
    await expect(workshop.inspect(gifOf(501, 10))).rejects.toMatchObject(many)
    await expect(workshop.inspect(gifOf(200, 1_000))).rejects.toMatchObject({
      extensions: { pixels: 200_000_000, frames: 200 },
    })
    const animated = Buffer.concat([
      png.subarray(0, 33),
      chunk('acTL', [0, 0, 4, 0, 0, 0, 0, 0]),
      png.subarray(33),
    ])
    await expect(workshop.inspect(animated)).rejects.toMatchObject(many)
  })

  it('of an SVG that names a huge canvas are refused', async () => {
    const huge = svg.toString().replace('width="60" height="40"', 'width="30000" height="30000"')
    await expect(workshop.inspect(Buffer.from(huge))).rejects.toMatchObject({
      code: 'image-too-many-pixels',
    })
  })

  it('of many pictures at once wait for their turn, and are refused beyond the limit', async () => {
    const narrow = createImageWorkshop({ ...imageLimitsDefault, parallelMax: 1, waitingMax: 2 })
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => narrow.inspect(png)))
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ])
    expect(await narrow.inspect(png)).toMatchObject({ width: 60 })
  })

  it('are fetched when it is their turn, not while they wait', async () => {
    const narrow = createImageWorkshop({ ...imageLimitsDefault, parallelMax: 1 })
    let held = 0
    let most = 0
    const inspectOne = async () => {
      await narrow.inspect(async () => {
        most = Math.max(most, (held += 1))
        return png
      })
      held -= 1
    }
    await Promise.all([1, 2, 3, 4].map(inspectOne))
    expect(most).toBeLessThanOrEqual(2) // one ends while the next begins
    await expect(narrow.inspect(() => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(await narrow.inspect(png)).toMatchObject({ width: 60 })
  })
})

describe('variants', () => {
  const render = (bytes: Buffer, variant: Partial<Variant>) =>
    workshop.render(bytes, {
      width: 30,
      height: 30,
      fit: 'inside',
      format: 'png',
      dither: 'none',
      ...variant,
    })

  it('fit their sides as they are asked to', async () => {
    const sides = async (variant: Partial<Variant>) => {
      const { bytes, width, height } = await render(png, variant)
      expect(await workshop.inspect(bytes)).toMatchObject({ width, height })
      return [width, height]
    }
    expect(await sides({})).toEqual([30, 20])
    expect(await sides({ width: 4096, height: 4096 })).toEqual([60, 40])
    expect(await sides({ fit: 'cover' })).toEqual([30, 30])
    expect(await sides({ fit: 'contain' })).toEqual([30, 30])
    expect(await sides({ fit: 'fill', width: 7, height: 90 })).toEqual([7, 90])
  })

  it('are made of every kind of picture, in every format', async () => {
    for (const bytes of Object.values(pictures)) {
      for (const format of ['png', 'jpeg', 'webp'] as const) {
        const made = await render(bytes, { format })
        expect(made.mediaType).toBe(`image/${format}`)
        expect(await workshop.inspect(made.bytes)).toMatchObject({ mediaType: made.mediaType })
      }
    }
  })

  it('of an SVG are drawn at their size, not blown up', async () => {
    const { bytes, width } = await render(svg, { width: 600, height: 600, fit: 'cover' })
    expect(width).toBe(600)
    const { data } = await pixelsOf(bytes)
    expect(new Set(data).size).toBeLessThanOrEqual(8) // an edge, not a slope of greys
  })

  it.each(['none', 'floyd-steinberg'] as const)(
    'have exactly the greys asked for, with %s',
    async (dither) => {
      for (const grey of [2, 4, 16]) {
        const { bytes } = await render(png, { grey, dither, width: 60, height: 40 })
        const { data, channels } = await pixelsOf(bytes)
        const levels = Array.from({ length: grey }, (_none, n) =>
          Math.round((n * 255) / (grey - 1)),
        )
        expect(channels).toBe(1)
        expect([...new Set(data)].every((value) => levels.includes(value))).toBe(true)
      }
    },
  )

  it('are the same bytes each time', async () => {
    const variant = { grey: 16, dither: 'floyd-steinberg' } as const
    const [one, other] = await Promise.all([render(jpeg, variant), render(jpeg, variant)])
    expect(one.bytes.equals(other.bytes)).toBe(true)
  })

  it('for a device fill its screen, in its greys', async () => {
    const variant = resolveVariant({ device: 'supernote-nomad', fit: 'contain' }, 'image/png')
    expect(variantName(variant)).toBe('1404x1872-contain-png-grey16-dithered')
    const { width, height } = await workshop.render(png, variant)
    expect([width, height]).toEqual([1404, 1872])
  })

  it('of broken bytes are refused', async () => {
    await expect(render(png.subarray(0, 60), {})).rejects.toMatchObject({ code: 'image-invalid' })
  })
})

async function pixelsOf(bytes: Buffer) {
  const data = await sharp(bytes).toColourspace('b-w').raw().toBuffer()
  const { channels } = await sharp(bytes).metadata()
  return { data, channels }
}

function flipped(bytes: Buffer, at: number) {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}

/** A PNG of one bit a pixel. */
function pngOf(width: number, height: number, data: Buffer) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', [])])
}

function chunk(type: string, data: Iterable<number>) {
  const body = Buffer.concat([Buffer.from(type), Buffer.from([...data])])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length - 4)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** A GIF of empty frames. */
function gifOf(frames: number, side: number) {
  const sides = Buffer.alloc(4)
  sides.writeUInt16LE(side, 0)
  sides.writeUInt16LE(side, 2)
  const head = Buffer.concat([
    Buffer.from('GIF89a'),
    sides,
    Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
  ])
  const frame = Buffer.concat([
    Buffer.from([0x2c, 0, 0, 0, 0]),
    sides,
    Buffer.from([0, 2, 2, 0x4c, 1, 0]),
  ])
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.from([0x3b])])
}
