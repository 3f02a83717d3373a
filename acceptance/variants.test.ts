import type { Asset } from '@atrium/contracts/assets/http.ts'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, register, until } from './client.ts'
import { createLibrary, expectProblem, sha256, type Library } from './library.ts'

let library: Library
let photo: Asset
let original: Buffer
beforeAll(async () => {
  library = await createLibrary()
  original = await rampOf(1_200, 900)
  photo = await library.uploadOne({ name: 'garden.jpg', bytes: original })
})

/** A photograph of sorts: all brightnesses, and colours. */
async function rampOf(width: number, height: number) {
  const pixels = Buffer.alloc(width * height * 3)
  for (let at = 0; at < width * height; at += 1) {
    const [x, y] = [at % width, Math.floor(at / width)]
    pixels[at * 3] = Math.round((255 * x) / (width - 1))
    pixels[at * 3 + 1] = Math.round((255 * y) / (height - 1))
    pixels[at * 3 + 2] = 128
  }
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer()
}

const ask = (asset: Asset, query: string, headers = {}, method = 'GET') =>
  library.person.call(method, `/v1/assets/${asset.id}/content${query}`, { headers })

/** Of one byte a pixel. */
const greysOf = (bytes: Buffer) => sharp(bytes).toColourspace('b-w').raw().toBuffer()
const meanOf = (pixels: Buffer) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length

describe('a picture made from an image', () => {
  it('for a device fits its screen, in its sixteen greys, as bright as the source', async () => {
    const query = '?device=remarkable-2&fit=cover'
    const made = await ask(photo, query)
    expect(made.status, made.text.slice(0, 300)).toBe(200)
    expect(made.headers.get('content-type')).toBe('image/png')
    expect(await sharp(made.bytes).metadata()).toMatchObject({ width: 1404, height: 1872 })

    const pixels = await greysOf(made.bytes)
    const levels = Array.from({ length: 16 }, (_, n) => n * 17)
    expect([...new Set(pixels)].toSorted((a, b) => a - b)).toEqual(
      levels.filter((level) => pixels.includes(level)),
    )
    expect(new Set(pixels).size).toBeGreaterThan(12)
    const plain = await sharp(original).resize(1404, 1872, { fit: 'cover' }).png().toBuffer()
    const source = await greysOf(plain)
    expect(Math.abs(meanOf(pixels) - meanOf(source))).toBeLessThan(1)
    // Close to it everywhere, not only in all.
    const blurred = (bytes: Buffer) => sharp(bytes).resize(14, 18, { fit: 'fill' }).toBuffer()
    const [coarse, expected] = [
      await greysOf(await blurred(made.bytes)),
      await greysOf(await blurred(plain)),
    ]
    expect(
      Math.max(...coarse.map((value, at) => Math.abs(value - (expected[at] ?? 0)))),
    ).toBeLessThan(6)
  })

  it('is the same bytes each time, kept or not, with a tag of its own', async () => {
    const query = '?w=300&grey=16&dither=floyd-steinberg'
    const made = await ask(photo, query)
    expect(await sharp(made.bytes).metadata()).toMatchObject({ width: 300, height: 225 })
    expect(made.headers.get('etag')).toBe(`"${sha256(made.bytes)}"`)
    expect(made.headers.get('cache-control')).toBe('private, no-cache')
    expect(made.headers.get('content-disposition')).toBe('inline; filename="garden.png"')
    const again = await ask(photo, query)
    expect(again.bytes.equals(made.bytes)).toBe(true)
    const other = await register()
    const instances = await other.call('GET', '/v1/instances')
    await other.call('GET', '/v1/assets')
    const form = new FormData()
    form.append('instanceId', instances.body.items[0].id as string)
    form.append('file', new Blob([original]), 'a.jpg')
    const copy = (await other.call('POST', '/v1/assets', { form })).body.items[0] as Asset
    const theirs = await other.call('GET', `/v1/assets/${copy.id}/content${query}`)
    expect(theirs.bytes.equals(made.bytes)).toBe(true)
  })

  it('is read by conditions and ranges, and asked for without its bytes', async () => {
    const query = '?w=200&format=webp'
    const whole = await ask(photo, query)
    const etag = whole.headers.get('etag') ?? ''
    expect(etag).not.toBe(`"${photo.sha256}"`)
    expect((await ask(photo, query, { 'if-none-match': etag })).status).toBe(304)
    expect((await ask(photo, query, { 'if-none-match': `"${photo.sha256}"` })).status).toBe(200)
    const part = await ask(photo, query, { range: 'bytes=4-11', 'if-range': etag })
    expect([part.status, part.bytes.toString('hex')]).toEqual([
      206,
      whole.bytes.subarray(4, 12).toString('hex'),
    ])
    expect(part.headers.get('content-range')).toBe(`bytes 4-11/${whole.bytes.length}`)
    expectProblem(
      await ask(photo, query, { range: 'bytes=9999999-' }),
      416,
      'range-not-satisfiable',
    )
    expectProblem(await ask(photo, query, { 'if-match': '"x"' }), 412, 'precondition-failed')
    const head = await ask(photo, '?w=201&format=webp', {}, 'HEAD')
    expect([head.status, head.text]).toEqual([200, ''])
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100)
  })

  it('is drawn from an SVG as large as it is wanted', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10">' +
      '<rect width="10" height="10" fill="#000"/></svg>'
    const drawing = await library.uploadOne({ name: 'half.svg', bytes: svg })
    const made = await ask(drawing, '?w=400&h=400&grey=2')
    expect(made.headers.get('content-type')).toBe('image/png')
    expect(await sharp(made.bytes).metadata()).toMatchObject({ width: 400, height: 200 })
    expect(meanOf(await greysOf(made.bytes))).toBeCloseTo(127.5, 0)
    const plain = await ask(drawing, '')
    expect(plain.headers.get('content-security-policy')).toContain('sandbox')
  })

  it('is never larger than the source unless its sides say so', async () => {
    const small = await library.uploadOne({ name: 'a.png', bytes: await pngOf(10, 10) })
    const sides = async (query: string) => {
      const { width, height } = await sharp((await ask(small, query)).bytes).metadata()
      return [width, height]
    }
    expect(await sides('?w=4096')).toEqual([10, 10])
    expect(await sides('?device=kindle-scribe')).toEqual([10, 10])
    expect(await sides('?w=40&h=20&fit=contain')).toEqual([40, 20])
  })

  it('is counted apart from the quota, and goes with the image', async () => {
    const usage = async () => (await library.person.call('GET', '/v1/assets/usage')).body
    const before = await usage()
    const image = await library.uploadOne({ name: 'b.png', bytes: await pngOf(64, 64) })
    const made = await ask(image, '?w=32')
    const after = await until(
      usage,
      ({ derived }) => derived.files > (before.derived.files as number),
    )
    expect(after.derived.files).toBe(before.derived.files + 1)
    expect(after.derived.bytes).toBe(before.derived.bytes + made.bytes.length)
    expect(after.bytes).toBe(before.bytes + image.sizeBytes)
    await library.person.call('DELETE', `/v1/assets/${image.id}`)
    expectProblem(await ask(image, '?w=32'), 404, 'not-found')
    expectProblem(await ask(image, '?w=33'), 404, 'not-found')
  })
})

describe('who asks wrongly', () => {
  it('is told which parameter, and why', async () => {
    const wrong: [string, string][] = [
      ['w=0', '/query/w'],
      ['w=4097', '/query/w'],
      ['w=ten', '/query/w'],
      ['h=-1', '/query/h'],
      ['h=1.5', '/query/h'],
      ['fit=stretch', '/query/fit'],
      ['format=bmp', '/query/format'],
      ['grey=1', '/query/grey'],
      ['grey=257', '/query/grey'],
      ['grey=16&dither=bayer', '/query/dither'],
      ['dither=floyd-steinberg', '/query/dither'],
      ['device=etch-a-sketch', '/query/device'],
      ['width=10', '/query/width'],
    ]
    for (const [query, pointer] of wrong) {
      const reply = await ask(photo, `?${query}`)
      expectProblem(reply, 422, 'validation-failed')
      expect(reply.body.errors, query).toEqual([expect.objectContaining({ pointer })])
    }
  })

  it('is refused a picture of what is none', async () => {
    const text = await library.uploadOne({ name: 'a.png', bytes: 'no picture' })
    const reply = await ask(text, '?w=10')
    expectProblem(reply, 415, 'media-type-not-allowed')
    expect(reply.body).toMatchObject({ mediaType: 'text/plain' })
    expect(reply.body.allowed).toContain('image/svg+xml')
  })

  it('sees nothing of what is another’s', async () => {
    const stranger = await register()
    const reply = await stranger.call('GET', `/v1/assets/${photo.id}/content?w=10`)
    expectProblem(reply, 404, 'not-found')
  })
})

it('is made for who follows a link, and counted as a download', async () => {
  const path = `/v1/assets/${photo.id}/links`
  const body = { expiresInSeconds: 60, downloadsMax: 1 }
  const { url } = (await library.person.call('POST', path, { body })).body as { url: string }
  expectProblem(await call('GET', `${url}?w=0`), 422, 'validation-failed')
  const made = await call('GET', `${url}?device=remarkable-2`)
  expect(made.status).toBe(200)
  expect(await sharp(made.bytes).metadata()).toMatchObject({ width: 1200, channels: 1 })
  expectProblem(await call('GET', `${url}?device=remarkable-2`), 410, 'link-expired')
})

it('is made of a file as well', async () => {
  const path = `/v1/instances/${library.instanceId}/files/pictures/ramp.jpg`
  const headers = { 'content-type': 'image/jpeg' }
  const bytes = Buffer.from(original)
  expect((await library.person.call('PUT', path, { bytes, headers })).status).toBe(201)
  const made = await library.person.call('GET', `${path}?w=50&format=png`)
  expect(made.status, made.text.slice(0, 200)).toBe(200)
  expect(made.headers.get('content-disposition')).toBe('inline; filename="ramp.png"')
  expect(await sharp(made.bytes).metadata()).toMatchObject({ width: 50, format: 'png' })
})

const pngOf = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#369' } })
    .png()
    .toBuffer()
