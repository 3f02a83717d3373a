import * as fontkit from 'fontkit'
import { createGlyphSubset, hasPlainOutlines } from './glyph-subset.ts'

/** A letter of one font. */
export interface Glyph {
  readonly id: number
  /** In thousandths of the font's size, as all figures here. */
  readonly advance: number
  readonly codePoint: number
}

/** One opened font. What is measured stays measured for as long as the process lives. */
export interface Font {
  readonly name: string
  readonly ascent: number
  /** Below the baseline: negative. */
  readonly descent: number
  readonly capHeight: number
  /** The letter of a code point; undefined where the font has none. */
  glyphOf(codePoint: number): Glyph | undefined
  /** What is added between two letters that follow each other. */
  kerningOf(left: Glyph, right: Glyph): number
  /** The outline as the data of an SVG path, y upwards. */
  outlineOf(glyph: Glyph): string
  /** What pdfkit embeds. */
  readonly program: fontkit.Font
}

/** The file is no font that can be read, or one whose maker forbids to embed it. */
export class FontUnreadable extends Error {
  override readonly name = 'FontUnreadable'
}

const pairsMax = 50_000 // of letters whose kerning is kept; beyond it all are forgotten
const lettersMax = 65_536

/**
 * Opens a TrueType, OpenType, WOFF or WOFF2 font. Throws FontUnreadable. What a tenant brought may
 * be broken anywhere: a letter of it whose outline cannot be read counts as missing.
 */
export function openFont(bytes: Buffer, origin: 'ours' | 'tenant'): Font {
  try {
    return measured(readProgram(bytes), origin === 'tenant')
  } catch (cause) {
    if (cause instanceof FontUnreadable) throw cause
    throw new FontUnreadable('the file is no font that can be read', { cause })
  }
}

function measured(program: fontkit.Font, isDoubtful: boolean): Font {
  const scale = 1_000 / program.unitsPerEm
  const { ascent, descent } = program
  const capHeight = program.capHeight || ascent * capHeightOfAscent
  if (![scale, ascent, descent, capHeight].every((each) => Number.isFinite(each))) {
    throw new FontUnreadable('it does not say how high it is')
  }
  const glyphs = new Map<number, Glyph | undefined>()
  const outlines = new Map<number, string>()
  return {
    name: program.postscriptName ?? 'Unnamed',
    ascent: ascent * scale,
    descent: descent * scale,
    capHeight: capHeight * scale,
    program,
    glyphOf(codePoint) {
      if (glyphs.has(codePoint)) return glyphs.get(codePoint)
      const glyph = isDoubtful ? tryGlyph(program, codePoint) : findGlyph(program, codePoint)
      glyphs.set(codePoint, glyph)
      return glyph
    },
    kerningOf: createKerning(program),
    outlineOf({ id }) {
      const known = outlines.get(id)
      if (known !== undefined) return known
      const outline = program.getGlyph(id).path.scale(scale).toSVG()
      outlines.set(id, outline)
      return outline
    },
  }
}

/** DejaVu does not say how high its capitals are; this is what they measure. */
const capHeightOfAscent = 0.785

function readProgram(bytes: Buffer): fontkit.Font {
  const font = fontkit.create(bytes)
  if ('fonts' in font) throw new FontUnreadable('the file holds several fonts')
  if (font['OS/2']?.fsType?.noEmbedding) throw new FontUnreadable('its maker forbids to embed it')
  if (!hasPlainOutlines(bytes)) return font
  const createSubset = () => createGlyphSubset(bytes)
  return Object.defineProperty(font, 'createSubset', { value: createSubset })
}

function findGlyph(program: fontkit.Font, codePoint: number): Glyph | undefined {
  if (!program.hasGlyphForCodePoint(codePoint)) return undefined
  const { id, advanceWidth } = program.glyphForCodePoint(codePoint)
  return { id, advance: (advanceWidth * 1_000) / program.unitsPerEm, codePoint }
}

function tryGlyph(program: fontkit.Font, codePoint: number): Glyph | undefined {
  try {
    const glyph = findGlyph(program, codePoint)
    if (!glyph || !Number.isFinite(glyph.advance)) return undefined
    const { commands } = program.getGlyph(glyph.id).path
    return commands.every(({ args }) => args.every(Number.isFinite)) ? glyph : undefined
  } catch {
    return undefined // a table that is cut short, or a letter that is made of itself
  }
}

/** Asks the font for each pair once: laying out whole words costs many times as much. */
function createKerning(program: fontkit.Font) {
  const pairs = new Map<number, number>()
  const isMonospaced = widthOf(program, 'i') === widthOf(program, 'M')
  return (left: Glyph, right: Glyph): number => {
    if (isMonospaced || !isKerned(left.codePoint) || !isKerned(right.codePoint)) return 0
    const key = left.id * lettersMax + right.id
    const known = pairs.get(key)
    if (known !== undefined) return known
    if (pairs.size >= pairsMax) pairs.clear()
    const kerning = measurePair(program, left, right)
    pairs.set(key, kerning)
    return kerning
  }
}

function measurePair(program: fontkit.Font, left: Glyph, right: Glyph): number {
  const text = String.fromCodePoint(left.codePoint, right.codePoint)
  const { glyphs, positions } = layOutPair(program, text)
  const isPair = glyphs[0]?.id === left.id && glyphs[1]?.id === right.id
  const [first] = positions
  if (!isPair || !first) return 0 // a ligature, say
  return Math.round((first.xAdvance * 1_000) / program.unitsPerEm - left.advance)
}

/** A font whose rules for pairs are broken is set without them. */
function layOutPair(
  program: fontkit.Font,
  text: string,
): Pick<fontkit.GlyphRun, 'glyphs' | 'positions'> {
  try {
    return program.layout(text)
  } catch {
    return { glyphs: [], positions: [] }
  }
}

const widthOf = (program: fontkit.Font, letter: string) =>
  program.glyphForCodePoint(letter.codePointAt(0) ?? 0).advanceWidth

/** Letters up to Cyrillic, and what stands among them; scripts beyond are set as they come. */
function isKerned(codePoint: number) {
  return codePoint > 0x20 && (codePoint < 0x530 || (codePoint >= 0x1e00 && codePoint < 0x2030))
}
