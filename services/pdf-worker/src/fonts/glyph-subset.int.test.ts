import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as fontkit from 'fontkit'
import { expect, it } from 'vitest'
import { createGlyphSubset, hasPlainOutlines } from './glyph-subset.ts'

const fileOf = (path: string) => readFileSync(createRequire(import.meta.url).resolve(path))

function open(bytes: Uint8Array): fontkit.Font {
  const font = fontkit.create(Buffer.from(bytes))
  if ('fonts' in font) throw new Error('several fonts')
  return font
}

it.each([
  ['letters made of several parts', '@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf'],
  ['hints', 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf'],
  ['30,000 letters', '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf'],
])('a subset of a font with %s has the same outlines and widths', (_, path) => {
  const file = fileOf(path)
  expect(hasPlainOutlines(file)).toBe(true)
  const font = open(file)
  const subset = createGlyphSubset(file)
  const letters = font.glyphsForString('Aéąg%Ω5周')
  const numbers = letters.map(({ id }) => subset.includeGlyph(id))
  const copy = open(subset.encode())
  letters.forEach((letter, index) => {
    const copied = copy.getGlyph(numbers[index] ?? 0)
    expect(copied.path.toSVG()).toBe(letter.path.toSVG())
    expect(copied.advanceWidth).toBe(letter.advanceWidth)
  })
  expect(copy.numGlyphs).toBeLessThan(20)
})

it('gives a letter that comes again its number', () => {
  const file = fileOf('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')
  const subset = createGlyphSubset(file)
  expect([subset.includeGlyph(36), subset.includeGlyph(37), subset.includeGlyph(36)]).toEqual([
    1, 2, 1,
  ])
})

it('leaves packed fonts and others to fontkit', () => {
  expect(hasPlainOutlines(Buffer.from('wOF2 and so on'))).toBe(false)
  expect(hasPlainOutlines(Buffer.from('OTTO and so on'))).toBe(false)
  expect(hasPlainOutlines(Buffer.alloc(3))).toBe(false)
})
