import { expect, it } from 'vitest'
import { brightnessOf, greyHex, isGrey, nearestLevel, rgbOf } from './grey.ts'

it.each([
  ['#FF0000', 76],
  ['#00ff00', 149],
  ['0000FF', 29],
  ['#FFFFFF', 255],
  ['#0066CC', 83],
])('%s is as bright as %d', (color, brightness) => {
  const rgb = rgbOf(color)
  expect(rgb && brightnessOf(rgb)).toBe(brightness)
})

it('knows a colour from what is none', () => {
  expect(['none', '#abc', '{color}', 7, undefined].map(rgbOf)).toEqual(Array.from({ length: 5 }))
  expect(isGrey([7, 7, 7])).toBe(true)
  expect(isGrey([7, 7, 8])).toBe(false)
})

it('has levels from black to white', () => {
  expect([0, 8, 9, 83, 248, 255].map((each) => nearestLevel(each, 16))).toEqual([
    0, 0, 17, 85, 255, 255,
  ])
  expect([100, 200].map((each) => nearestLevel(each, 2))).toEqual([0, 255])
  expect(greyHex(9)).toBe('#090909')
})
