import { describe, expect, it } from 'vitest'
import { inspectSvg } from './inspect-svg.ts'

const xmlns = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
const svg = (inside: string, attributes = '') => `<svg ${xmlns} ${attributes}>${inside}</svg>`
const inspect = (text: string) => {
  inspectSvg(Buffer.from(text))
}

const active = [
  ['a script', svg('<script>alert(1)</script>'), 'active-element'],
  ['a script that is spelt otherwise', svg('<ScRiPt/>'), 'active-element'],
  [
    'a script of another prefix',
    svg('<s:script xmlns:s="http://www.w3.org/2000/svg"/>'),
    'active-element',
  ],
  ['HTML', svg('<h:b xmlns:h="http://www.w3.org/1999/xhtml"/>'), 'foreign-element'],
  ['MathML', svg('<m xmlns="http://www.w3.org/1998/Math/MathML"/>'), 'foreign-element'],
  ['a foreign object', svg('<foreignObject/>'), 'active-element'],
  ['an event attribute', svg('<rect onclick="x"/>'), 'event-attribute'],
  ['an event attribute of the root', svg('', 'OnLoad="x"'), 'event-attribute'],
  [
    'a picture from elsewhere',
    svg('<image href="https://a.example/x.png"/>'),
    'external-reference',
  ],
  ['one by its path', svg('<image xlink:href="../x.png"/>'), 'external-reference'],
  ['one from a file', svg('<image href="file:///etc/passwd"/>'), 'external-reference'],
  [
    'an SVG inside it',
    svg('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>'),
    'external-reference',
  ],
  ['a use of another document', svg('<use href="x.svg#a"/>'), 'external-reference'],
  ['a link that runs code', svg('<a href="javascript:alert(1)"/>'), 'script-address'],
  ['one behind spaces', svg('<a xlink:href=" &#10;javascript:alert(1)"/>'), 'script-address'],
  ['one by character references', svg('<a href="&#106;avascript:alert(1)"/>'), 'script-address'],
  ['an animated link', svg('<animate attributeName="href" to="#a"/>'), 'animated-reference'],
  ['one by its prefix', svg('<set attributeName=" xlink:href" to="#a"/>'), 'animated-reference'],
  ['an animated event', svg('<set attributeName="onclick" to="x"/>'), 'animated-reference'],
  ['an animation to code', svg('<animate attributeName="x" to="javascript:x"/>'), 'script-address'],
  ['an imported style sheet', svg('<style>@import "https://a.example"</style>'), 'css-import'],
  ['one in CDATA', svg('<style><![CDATA[@IMPORT url(#a)]]></style>'), 'css-import'],
  ['a font from elsewhere', svg('<style>@font-face{src:url(//a)}</style>'), 'css-import'],
  ['an address in a style sheet', svg('<style>a{fill:url( "//a" )}</style>'), 'css-url'],
  ['one in pieces', svg('<style>a{fill:ur<!-- -->l(//a)}</style>'), 'css-url'],
  ['one in a comment', svg('<style>a{fill:url(/**/"//a")}</style>'), 'css-url'],
  ['one spelt by escapes', svg(String.raw`<style>a{fill:\75rl(//a)}</style>`), 'css-escape'],
  ['an address in a style', svg('<g style="fill:url(https://a.example/#x)"/>'), 'css-url'],
  ['an address in an attribute', svg('<g fill="url(https://a.example/#x)"/>'), 'css-url'],
  ['an escape in an attribute', svg(String.raw`<g filter="u\72l(//a)"/>`), 'css-escape'],
  ['a set of pictures', svg('<g style="cursor:image-set(&quot;//a&quot; 1x)"/>'), 'css-function'],
  [
    'one of a single browser',
    svg('<g style="cursor:-webkit-image-set(&quot;//a&quot; 1x)"/>'),
    'css-function',
  ],
  ['a note to elsewhere', svg('<a href="#a" ping="https://a.example"/>'), 'external-reference'],
  ['an embedded document', svg('<object data="https://a.example"/>'), 'external-reference'],
  ['an old binding', svg('<g style="-moz-binding:url(#a)"/>'), 'css-binding'],
  ['a base address', svg('<g xml:base="https://a.example"/>'), 'base-address'],
  ['a document type', `<!DOCTYPE svg>${svg('')}`, 'document-type'],
  ['entities', `<!DOCTYPE svg [<!ENTITY a "b">]>${svg('&a;')}`, 'document-type'],
  [
    'a style sheet of the document',
    `<?xml-stylesheet href="a"?>${svg('')}`,
    'processing-instruction',
  ],
] as const

describe('an SVG that is active is refused', () => {
  it.each(active)('%s', (_what, text, rule) => {
    expect(() => {
      inspect(text)
    }).toThrow(expect.objectContaining({ code: 'svg-active', extensions: { rule } }))
  })
})

/** Groups of so many uses each of the one before, so many times. */
const usesOf = (each: number, levels: number) =>
  ['<g id="u0"/>']
    .concat(
      Array.from(
        { length: levels },
        (_, at) => `<g id="u${at + 1}">${`<use xlink:href="#u${at}"/>`.repeat(each)}</g>`,
      ),
    )
    .join('')

describe('what is no SVG is refused', () => {
  it.each([
    ['HTML', '<html><svg/></html>', 'not-svg'],
    ['svg of no namespace', '<svg/>', 'not-svg'],
    ['a tag that does not end', svg('<rect>'), 'not-well-formed'],
    ['an unknown entity', svg('&nbsp;'), 'not-well-formed'],
    ['nothing', '', 'not-well-formed'],
    ['elements without end', svg('<g>'.repeat(200) + '</g>'.repeat(200)), 'too-complex'],
    ['elements without number', svg('<g/>'.repeat(100_001)), 'too-complex'],
    ['uses of uses of uses', svg(usesOf(10, 6)), 'too-complex'],
    ['uses of what comes later', svg(`<use href="#u6"/>${usesOf(10, 6)}`), 'too-complex'],
    ['uses that go on without end', svg(usesOf(1, 40_000)), 'too-complex'],
  ])('%s', (_what, text, rule) => {
    expect(() => {
      inspect(text)
    }).toThrow(expect.objectContaining({ code: 'image-invalid', extensions: { rule } }))
  })

  it('text of another encoding', () => {
    expect(() => {
      inspectSvg(Buffer.from(`\ufeff${svg('')}`, 'utf16le'))
    }).toThrow(
      expect.objectContaining({ code: 'image-invalid', extensions: { rule: 'not-utf-8' } }),
    )
  })
})

describe('an SVG that only draws is taken', () => {
  it.each([
    [
      'shapes',
      svg('<rect width="1" height="1" fill="#fff"/><path d="M0 0L1 1"/>', 'viewBox="0 0 1 1"'),
    ],
    ['a declaration and comments', `<?xml version="1.0"?><!-- x -->${svg('<!-- y -->')}`],
    ['parts of itself', svg('<defs><g id="a"/></defs><use href="#a"/><use xlink:href="#a"/>')],
    ['the same part in many places', svg(usesOf(10, 4))],
    ['a part that is in itself, which nobody draws', svg('<g id="a"><use href="#a"/></g>')],
    ['a gradient', svg('<g fill="url(#a)" style="stroke: url(\'#b\')"/>')],
    [
      'styles',
      svg('<style>.a { fill: red; /* url( */ } @media print { a { stroke: #000 } }</style>'),
    ],
    ['a picture that it carries', svg('<image href="data:image/png;base64,iVBORw0KGgo="/>')],
    ['an animation of a shape', svg('<animate attributeName="x" from="0" to="5" dur="1s"/>')],
    [
      'text with any words',
      svg('<text>javascript: onload= @import url(x) <![CDATA[<script>]]></text>'),
    ],
    [
      'notes of a drawing program',
      svg('<i:g xmlns:i="http://www.inkscape.org/x" i:label="C:\\a(1)"/>'),
    ],
  ])('%s', (_what, text) => {
    expect(() => {
      inspect(text)
    }).not.toThrow()
  })
})
