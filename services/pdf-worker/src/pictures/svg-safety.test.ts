import { describe, expect, it } from 'vitest'
import { PictureUnreadable, safeSvg } from './svg-safety.ts'

const drawing = (inside: string) =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">${inside}</svg>`)

describe('a drawing', () => {
  it('may refer to itself, and to pictures inside it', () => {
    const own = drawing(
      '<a href="https://example.org"><rect id="r" fill="url(#g)"/></a><use href="#r"/>' +
        '<image xlink:href="data:image/png;base64,iVBO"/>',
    )
    expect(safeSvg(own).toString()).toBe(own.toString())
  })

  it.each([
    ['a file', '<image href="file:///etc/passwd"/>'],
    ['a file, without quotes', '<image href=/etc/passwd />'],
    ['an address', '<use xlink:href="https://example.org/a.svg#b"/>'],
    ['another drawing inside it', '<image href="data:image/svg+xml;base64,PHN2Zz4="/>'],
    ['a fill', '<rect style="fill:url(http://example.org/a)"/>'],
    ['a stylesheet', '<style>@import "http://example.org/a.css";</style>'],
  ])('may not refer to what is outside: %s', (_, inside) => {
    expect(() => safeSvg(drawing(inside))).toThrow(PictureUnreadable)
  })

  it('may not declare entities, which can grow without end', () => {
    const bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>'
    expect(() => safeSvg(Buffer.from(bomb))).toThrow('it declares entities')
  })

  it('may name its usual document type', () => {
    const usual =
      '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg/>'
    expect(safeSvg(Buffer.from(usual)).toString()).toBe(usual)
  })

  it('hides nothing in another encoding', () => {
    const hidden = Buffer.from('\ufeff<svg/>', 'utf16le')
    expect(() => safeSvg(hidden)).toThrow('the drawing is not UTF-8')
    const claimed = Buffer.from('<?xml version="1.0" encoding="UTF-7"?><svg/>')
    expect(safeSvg(claimed).toString()).toBe('<svg/>')
  })
})
