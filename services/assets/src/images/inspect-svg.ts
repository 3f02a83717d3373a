import { Rejection } from '@atrium/platform/rejection.ts'
import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes'
import { createDrawnElements } from './drawn-elements.ts'
import { activeCss } from './inspect-css.ts'

const svgNamespace = 'http://www.w3.org/2000/svg'
const foreignNamespaces = new Set([
  'http://www.w3.org/1999/xhtml',
  'http://www.w3.org/1998/Math/MathML',
  'http://www.w3.org/2001/xml-events',
])
const activeElements = new Set(['script', 'foreignobject', 'handler', 'listener', 'iframe'])
const animations = new Set(['animate', 'set', 'animatetransform', 'animatemotion', 'discard'])

/** Also once each use is drawn as what it names. */
const elementsMax = 100_000
const depthMax = 128

/**
 * Refuses an SVG that runs code or loads something from elsewhere, wherever it is shown: svg-active
 * with the rule that it breaks; image-invalid for what is no SVG. What is left only draws.
 */
export function inspectSvg(bytes: Uint8Array): void {
  const open: string[] = []
  const drawn = createDrawnElements()
  let elements = 0
  let css = ''
  const parser = new SaxesParser({ xmlns: true })

  parser.on('error', (error) => {
    throw new Rejection('image-invalid', { rule: 'not-well-formed' }, { cause: error })
  })
  parser.on('doctype', () => refuse('document-type'))
  parser.on('processinginstruction', () => refuse('processing-instruction'))
  parser.on('opentag', (tag) => {
    elements += 1
    open.push(tag.local)
    if (elements > elementsMax || open.length > depthMax) {
      throw new Rejection('image-invalid', { rule: 'too-complex' })
    }
    if (elements === 1 && (tag.local !== 'svg' || tag.uri !== svgNamespace)) {
      throw new Rejection('image-invalid', { rule: 'not-svg' })
    }
    inspectElement(tag)
    drawn.open({ id: tag.attributes['id']?.value, uses: usedBy(tag) })
    for (const attribute of Object.values(tag.attributes)) inspectAttribute(attribute)
  })
  parser.on('closetag', () => {
    drawn.close()
    if (open.pop() !== 'style') return
    refuseCss(css)
    css = ''
  })
  const onText = (text: string) => {
    if (open.at(-1) === 'style') css += text
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.write(textOf(bytes)).close()
  if (drawn.count() > elementsMax) throw new Rejection('image-invalid', { rule: 'too-complex' })
}

/** The id of what a `use` is drawn as. */
function usedBy({ local, attributes }: SaxesTagNS): string | undefined {
  if (local !== 'use') return undefined
  const reference = Object.values(attributes).find((each) => each.local === 'href')
  return reference?.value.trim().replace(/^#/, '')
}

function inspectElement({ local, uri, attributes }: SaxesTagNS) {
  const name = local.toLowerCase()
  if (activeElements.has(name)) refuse('active-element')
  if (foreignNamespaces.has(uri)) refuse('foreign-element')
  if (!animations.has(name)) return
  const target = Object.values(attributes).find((each) => each.local === 'attributeName')
  const animated = target?.value.trim().toLowerCase().replace(/^.*:/, '') ?? ''
  if (animated === 'href' || animated.startsWith('on')) refuse('animated-reference')
}

function inspectAttribute({ local, prefix, value }: SaxesAttributeNS) {
  const name = local.toLowerCase()
  if (prefix === 'xmlns' || name === 'xmlns') return
  if (name.startsWith('on')) refuse('event-attribute')
  if (prefix === 'xml' && name === 'base') refuse('base-address')
  if (/^\s*(javascript|vbscript|data:text)/i.test(value)) refuse('script-address')
  const isReference = references.has(name)
  if (isReference && !isInside(value)) refuse('external-reference')
  if (prefix === '' && !isReference) refuseCss(value) // fill and its like are read as CSS
}

/** Attributes that name an address, in SVG or in what a browser may take its element for. */
const references = new Set(['href', 'src', 'srcset', 'data', 'poster', 'ping', 'action'])

/** A part of the document itself, or a picture that it carries along and that can only be one. */
const isInside = (address: string) =>
  /^\s*(#|$)/.test(address) || /^\s*data:image\/(png|jpeg|gif|webp);base64,/i.test(address)

function refuseCss(text: string) {
  const rule = activeCss(text)
  if (rule !== undefined) refuse(rule)
}

function refuse(rule: string): never {
  throw new Rejection('svg-active', { rule })
}

/** Of another encoding than UTF-8 nobody can be sure that a browser reads the same. */
function textOf(bytes: Uint8Array) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Rejection('image-invalid', { rule: 'not-utf-8' }, { cause: error })
  }
}
