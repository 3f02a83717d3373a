import { boldOf, faceOf, fallbacksOf } from './faces.ts'
import { type Font, FontUnreadable, type Glyph, openFont } from './font.ts'
import type { FontLibrary } from './library.ts'

/** A text as letters of fonts. Lengths are in thousandths of the size. */
export interface ShapedText {
  readonly width: number
  readonly runs: readonly GlyphRun[]
}

/** Letters of one font that follow each other. */
export interface GlyphRun {
  readonly font: Font
  readonly glyphs: readonly Glyph[]
  /** What is added after each letter. */
  readonly kerning: readonly number[]
  readonly width: number
}

/** How wide and how high type is: all that the layout needs to know of fonts. */
export interface Metrics {
  /** In points. */
  widthOf(text: string, font: string, size: number): number
  /** Above and below the baseline, as shares of the size. */
  extentOf(font: string): { readonly ascent: number; readonly descent: number }
  /** The bold face that belongs to a font; the font itself where there is none. */
  boldOf(font: string): string
}

/** Sets the texts of one document, and keeps what it set: planners say the same words on and on. */
export interface Typesetter extends Metrics {
  shape(text: string, font: string): ShapedText
  readonly findings: readonly FontFinding[]
}

export interface FontFinding {
  readonly code: 'font-unreadable' | 'character-missing'
  readonly detail: string
}

export interface TypesetterOptions {
  readonly library: FontLibrary
  readonly locale: string
  /** Fonts of the tenant, by the name that styles use for them. */
  readonly tenantFonts: ReadonlyMap<string, Buffer>
}

const shapesMax = 20_000 // texts that are kept; beyond it all are forgotten, so that memory is flat
const missingMax = 20 // characters that are told of

const blanks = /[\t\n\v\f\r\u2028\u2029]/g
/** What is no letter: controls, marks of direction, joiners, and choices between shapes. */
const unseen = /\p{Cc}|\p{Cf}|\p{Variation_Selector}/gu
/** What stands in for a character that only differs in how lines break at it. */
const likeness: ReadonlyMap<number, number> = new Map([
  [0x00a0, 0x20],
  [0x202f, 0x20],
  [0x2007, 0x20],
  [0x2009, 0x20],
  [0x2010, 0x2d],
  [0x2011, 0x2d],
  [0x2212, 0x2d],
])

export function createTypesetter(options: TypesetterOptions): Typesetter {
  const { library, locale, tenantFonts } = options
  const findings: FontFinding[] = []
  const faces = new Map<string, Face>()
  const missing = new Set<string>()

  function openTenantFont(name: string): Font | undefined {
    const bytes = tenantFonts.get(name)
    if (!bytes) return undefined
    try {
      return openFont(bytes, 'tenant')
    } catch (error) {
      if (!(error instanceof FontUnreadable)) throw error
      findings.push({ code: 'font-unreadable', detail: `${name}: ${error.message}` })
      return undefined
    }
  }

  function face(name: string): Face {
    const known = faces.get(name)
    if (known) return known
    const key = faceOf(name)
    const opened: Face = {
      first: openTenantFont(name) ?? library.font(key),
      fallbacks: fallbacksOf(key, locale),
      shapes: new Map(),
    }
    faces.set(name, opened)
    return opened
  }

  function reportMissing(character: string) {
    if (missing.has(character) || missing.size >= missingMax) return
    missing.add(character)
    const point = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
    findings.push({ code: 'character-missing', detail: `no font has U+${point} ${character}` })
  }

  function shape(text: string, font: string): ShapedText {
    const { first, fallbacks, shapes } = face(font)
    const known = shapes.get(text)
    if (known) return known
    if (shapes.size >= shapesMax) shapes.clear()
    const shaped = setRuns(text, first, fallbacks, library, reportMissing)
    shapes.set(text, shaped)
    return shaped
  }

  return {
    shape,
    findings,
    widthOf: (text, font, size) => (shape(text, font).width * size) / 1_000,
    extentOf(font) {
      const { ascent, descent } = face(font).first
      return { ascent: ascent / 1_000, descent: -descent / 1_000 }
    },
    boldOf: (font) => (tenantFonts.has(font) ? font : boldOf(faceOf(font))),
  }
}

interface Face {
  readonly first: Font
  readonly fallbacks: readonly string[]
  readonly shapes: Map<string, ShapedText>
}

function setRuns(
  text: string,
  first: Font,
  fallbacks: readonly string[],
  library: FontLibrary,
  reportMissing: (character: string) => void,
): ShapedText {
  const runs: MutableRun[] = []
  let run: MutableRun | undefined
  let width = 0
  for (const character of text.normalize('NFC').replace(blanks, ' ').replace(unseen, '')) {
    const found = findLetter(character.codePointAt(0) ?? 0, first, fallbacks, library)
    if (!found) {
      reportMissing(character)
      continue
    }
    const { font, glyph } = found
    if (run?.font !== font) {
      run = { font, glyphs: [], kerning: [], width: 0 }
      runs.push(run)
    }
    width += append(run, glyph)
  }
  return { width, runs }
}

interface MutableRun extends GlyphRun {
  readonly glyphs: Glyph[]
  readonly kerning: number[]
  width: number
}

/** How much wider the run became. */
function append(run: MutableRun, glyph: Glyph): number {
  const last = run.glyphs.at(-1)
  const kerning = last ? run.font.kerningOf(last, glyph) : 0
  if (last) run.kerning[run.kerning.length - 1] = kerning
  run.glyphs.push(glyph)
  run.kerning.push(0)
  run.width += glyph.advance + kerning
  return glyph.advance + kerning
}

function findLetter(
  codePoint: number,
  first: Font,
  fallbacks: readonly string[],
  library: FontLibrary,
): { font: Font; glyph: Glyph } | undefined {
  const own = first.glyphOf(codePoint)
  if (own) return { font: first, glyph: own }
  const like = likeness.get(codePoint)
  const alike = like === undefined ? undefined : first.glyphOf(like)
  if (alike) return { font: first, glyph: alike }
  for (const key of fallbacks) {
    const font = library.font(key)
    const glyph = font.glyphOf(codePoint)
    if (glyph) return { font, glyph }
  }
  return undefined
}
