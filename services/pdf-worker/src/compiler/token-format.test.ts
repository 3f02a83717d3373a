import { expect, it } from 'vitest'
import { formatted, plain } from './token-format.ts'

it.each([
  [7, '02d', '07'],
  [7, 'd', '7'],
  [7, '4d', '   7'],
  [-7, '04d', '-007'],
  ['7', '03d', '007'],
  [7.9, 'd', '7'],
  [7, '.2f', '7.00'],
  [7, 'f', '7.000000'],
  ['7.256', '08.2f', '00007.26'],
  ['January', '.3', 'Jan'],
  ['January', '.3s', 'Jan'],
  ['May', '5', 'May  '],
  ['May', 's', 'May'],
])('%j as %s is "%s"', (value, format, text) => {
  expect(formatted(value, format)).toBe(text)
})

it.each([
  ['January', '02d'],
  ['', 'd'],
  ['x', '.2f'],
  [7, '.2d'],
  [7, 'page'],
  [7, 'x'],
  ['May', '05'],
  [7, '999999999d'],
  [7, '.999999999f'],
])('%j has no form %s', (value, format) => {
  expect(formatted(value, format)).toBeUndefined()
})

it('numbers are plain without decimals that say nothing', () => {
  expect([5, 5.0, 0.1 + 0.2, -2.5, 'x'].map(plain)).toEqual(['5', '5', '0.3', '-2.5', 'x'])
})
