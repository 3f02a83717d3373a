import { describe, expect, it } from 'vitest'
import { bitsFor, hasEvenAreas, packBits, toNearestGrey, toScatteredGrey } from './grey-levels.ts'

const evenGrey = (value: number, count: number) => new Uint8Array(count).fill(value)
const average = (pixels: Uint8Array) =>
  pixels.reduce((sum, value) => sum + value, 0) / pixels.length
const greysOf = (pixels: Uint8Array) => [...new Set(pixels)].sort((a, b) => a - b)

describe('the greys of a device', () => {
  it('are the nearest for what was drawn, so that an even area stays even', () => {
    const pixels = evenGrey(130, 64)
    toNearestGrey(pixels, 16)
    expect(greysOf(pixels)).toEqual([136])
  })

  it('are scattered for a photograph, so that it keeps its light', () => {
    const pixels = evenGrey(130, 64 * 64)
    toScatteredGrey(pixels, 64, 16)
    expect(greysOf(pixels)).toEqual([119, 136])
    expect(average(pixels)).toBeCloseTo(130, 0)
  })

  it('keep black and white as they are', () => {
    for (const value of [0, 255]) {
      const pixels = evenGrey(value, 100)
      toScatteredGrey(pixels, 10, 16)
      expect(greysOf(pixels)).toEqual([value])
    }
  })

  it('can be two', () => {
    const pixels = Uint8Array.of(10, 120, 130, 250)
    toNearestGrey(pixels, 2)
    expect([...pixels]).toEqual([0, 0, 255, 255])
  })
})

it('a picture was drawn where a few greys cover most of it', () => {
  const ramp = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256)
  expect(hasEvenAreas(ramp)).toBe(false)
  expect(hasEvenAreas(Uint8Array.of(...ramp.subarray(0, 256), ...evenGrey(130, 600)))).toBe(true)
})

describe('pixels of a few bits', () => {
  it('begin each row with a byte of its own', () => {
    expect([...packBits(Uint8Array.of(0, 255, 136, 255, 0, 17), 3, 4)]).toEqual([
      0x0f, 0x80, 0xf0, 0x10,
    ])
    expect([...packBits(Uint8Array.of(255, 0, 255), 3, 1)]).toEqual([0b1010_0000])
  })

  it('take fewer than 8 only where that keeps each grey', () => {
    expect([2, 4, 16, 8, 256].map(bitsFor)).toEqual([1, 2, 4, 8, 8])
  })
})
