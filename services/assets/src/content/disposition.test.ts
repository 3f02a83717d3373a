import { expect, it } from 'vitest'
import { contentTypeOf, safetyHeaders } from './disposition.ts'

const dispositionOf = (name: string, mediaType = 'image/png', isDownload = false) =>
  safetyHeaders(name, mediaType, isDownload)['content-disposition']

it('shows images in place and saves everything else', () => {
  expect(dispositionOf('a.png')).toBe('inline; filename="a.png"')
  expect(dispositionOf('a.svg', 'image/svg+xml')).toBe('inline; filename="a.svg"')
  for (const mediaType of ['text/html', 'application/pdf', 'image/heic', 'text/plain']) {
    expect(dispositionOf('a', mediaType)).toBe('attachment; filename="a"')
  }
  expect(dispositionOf('a.png', 'image/png', true)).toBe('attachment; filename="a.png"')
})

it('lets nothing run or load but in what is a plain image', () => {
  for (const mediaType of ['image/svg+xml', 'text/html', 'application/octet-stream']) {
    const headers = safetyHeaders('a', mediaType, false)
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*; sandbox$/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  }
  expect(safetyHeaders('a', 'image/png', false)['content-security-policy']).toBeUndefined()
})

it('tells a name beyond ASCII to those who understand it, and another to the others', () => {
  expect(dispositionOf('zdjęcie "1" 100%.png')).toBe(
    `inline; filename="zdj_cie _1_ 100_.png"; ` +
      `filename*=UTF-8''zdj%C4%99cie%20%221%22%20100%25.png`,
  )
  expect(dispositionOf("it's (*)🌳.png")).toContain(
    `filename*=UTF-8''it%27s%20%28%2A%29%F0%9F%8C%B3.png`,
  )
})

it('says what character set a text has', () => {
  expect(contentTypeOf('text/plain')).toBe('text/plain; charset=utf-8')
  expect(contentTypeOf('image/svg+xml')).toBe('image/svg+xml')
})
