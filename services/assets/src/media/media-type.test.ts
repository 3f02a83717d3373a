import { describe, expect, it } from 'vitest'
import { headBytes, mediaTypeOf } from './media-type.ts'

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
    ),
  )

describe('the media type of a file', () => {
  it.each<[string, Buffer]>([
    ['image/png', bytes([0x89], 'PNG\r\n', [0x1a], '\n', 'rest')],
    ['image/jpeg', bytes([0xff, 0xd8, 0xff, 0xe0], 'JFIF')],
    ['image/webp', bytes('RIFF', [1, 2, 3, 4], 'WEBPVP8 ')],
    ['audio/wav', bytes('RIFF', [1, 2, 3, 4], 'WAVEfmt ')],
    ['image/gif', bytes('GIF89a')],
    ['image/avif', bytes([0, 0, 0, 32], 'ftypavif')],
    ['video/mp4', bytes([0, 0, 0, 32], 'ftypisom')],
    ['application/pdf', bytes('%PDF-1.7')],
    ['application/zip', bytes('PK', [3, 4], 'anything')],
    ['application/epub+zip', bytes('PK', [3, 4], '\0'.repeat(26), 'mimetypeapplication/epub+zip')],
    ['application/x-tar', bytes('\0'.repeat(257), 'ustar')],
    ['text/plain', bytes('name;age\nAda;36\n')],
    ['text/plain', Buffer.from('Zażółć gęślą jaźń', 'utf8')],
    ['text/plain', bytes('')],
    ['application/octet-stream', bytes([0xc3, 0x28])],
    ['application/octet-stream', bytes('text with \0 inside')],
  ])('is %s by its bytes', (mediaType, file) => {
    expect(mediaTypeOf(file)).toBe(mediaType)
  })

  it('is that of a picture where it is one, SVG too', () => {
    expect(mediaTypeOf(Buffer.from('<?xml version="1.0"?>\n<svg xmlns="x">'))).toBe('image/svg+xml')
  })

  it('is HTML or XML for other documents, also where SVG comes later', () => {
    expect(mediaTypeOf(Buffer.from('<!doctype html><html><svg>'))).toBe('text/html')
    expect(mediaTypeOf(Buffer.from('<script>alert(1)</script><svg>'))).toBe('text/html')
    expect(mediaTypeOf(Buffer.from('<?xml version="1.0"?><a><svg/></a>'))).toBe('application/xml')
    expect(mediaTypeOf(Buffer.from('<svgfoo>'))).toBe('text/plain')
  })

  it('is not led astray by a character that its head cuts in two', () => {
    const text = `${'a'.repeat(headBytes - 1)}ż`
    expect(mediaTypeOf(Buffer.from(text))).toBe('text/plain')
  })
})
