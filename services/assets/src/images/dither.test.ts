import { expect, test } from 'vitest'
import { reduceGreys } from './dither.ts'

const grey = (value: number, pixels: number) => new Uint8Array(pixels).fill(value)
const mean = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length

test('without dithering each pixel takes the nearest level', async () => {
  const pixels = Uint8Array.from([0, 8, 9, 127, 128, 246, 247, 255])
  await reduceGreys(pixels, 8, { levels: 16, dither: 'none' })
  expect([...pixels]).toEqual([0, 0, 17, 119, 136, 238, 255, 255])
})

test('dithering keeps the brightness of an area', async () => {
  for (const value of [1, 60, 100, 127, 200, 254]) {
    for (const levels of [2, 4, 16]) {
      const pixels = grey(value, 200 * 200)
      await reduceGreys(pixels, 200, { levels, dither: 'floyd-steinberg' })
      expect(Math.abs(mean(pixels) - value), `${value} in ${levels}`).toBeLessThan(1)
    }
  }
})

test('a grey that is a level stays as it is', async () => {
  for (const value of [0, 17, 136, 255]) {
    const pixels = grey(value, 100)
    await reduceGreys(pixels, 10, { levels: 16, dither: 'floyd-steinberg' })
    expect([...new Set(pixels)]).toEqual([value])
  }
})

test('the error of a pixel goes to its four neighbours, and back on the next row', async () => {
  const pixels = Uint8Array.from([128, 0, 0, 0, 0, 0])
  await reduceGreys(pixels, 3, { levels: 2, dither: 'floyd-steinberg' })
  // 128 becomes white; -127 goes on: nothing near it gets bright enough.
  expect([...pixels]).toEqual([255, 0, 0, 0, 0, 0])
  const dark = Uint8Array.from([120, 120, 120, 120])
  await reduceGreys(dark, 2, { levels: 2, dither: 'floyd-steinberg' })
  expect([...dark]).toEqual([0, 255, 255, 0])
})

test('a picture of one column and one of one row are dithered as well', async () => {
  for (const width of [1, 64]) {
    const pixels = grey(100, 64)
    await reduceGreys(pixels, width, { levels: 2, dither: 'floyd-steinberg' })
    expect([...new Set(pixels)].toSorted((one, other) => one - other)).toEqual([0, 255])
  }
})
