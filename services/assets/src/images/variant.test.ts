import { expect, test } from 'vitest'
import { resolveVariant, variantName } from './variant.ts'

test('a query without anything keeps the picture as it is, in its own format', () => {
  expect(resolveVariant({}, 'image/webp')).toEqual({
    width: 4096,
    height: 4096,
    fit: 'inside',
    format: 'webp',
    dither: 'none',
  })
  expect(resolveVariant({}, 'image/svg+xml').format).toBe('png')
})

test('with one side the other follows from the picture', () => {
  expect(resolveVariant({ w: 100, fit: 'cover' }, 'image/png')).toMatchObject({
    width: 100,
    height: 4096,
    fit: 'inside',
  })
})

test('a device gives what the query leaves out', () => {
  const variant = resolveVariant({ device: 'Supernote-Nomad', fit: 'cover' }, 'image/jpeg')
  expect(variantName(variant)).toBe('1404x1872-cover-png-grey16-dithered')
  const own = resolveVariant(
    { device: 'supernote-nomad', grey: 4, dither: 'none', w: 10, format: 'jpeg' },
    'image/jpeg',
  )
  expect(variantName(own)).toBe('10x1872-inside-jpeg-grey4')
})

test('a device with colours keeps them', () => {
  const variant = resolveVariant({ device: 'boox-note-air-3c' }, 'image/jpeg')
  expect(variantName(variant)).toBe('1404x1872-inside-jpeg')
})

test('a device that nobody knows is 422', () => {
  expect(() => resolveVariant({ device: 'etch-a-sketch' }, 'image/png')).toThrow(
    expect.objectContaining({ code: 'validation-failed' }),
  )
})

test('dithering is refused where there are no greys to dither to', () => {
  for (const query of [{}, { device: 'boox-note-air-3c' }, { device: 'nobody' }]) {
    expect(() => resolveVariant({ ...query, dither: 'floyd-steinberg' }, 'image/png')).toThrow(
      expect.objectContaining({ code: 'validation-failed' }),
    )
  }
  const dithered = resolveVariant({ grey: 4, dither: 'floyd-steinberg' }, 'image/png')
  expect(dithered).toMatchObject({ grey: 4, dither: 'floyd-steinberg' })
})
