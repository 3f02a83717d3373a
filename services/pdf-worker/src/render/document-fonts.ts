import type { Font } from '../fonts/font.ts'
import type { ShapedText, Typesetter } from '../fonts/typesetter.ts'
import type { Letters } from './content.ts'
import type { EmbeddedFont, PdfkitDocument, Reference } from './pdfkit-document.ts'

/** The fonts of one document: which letters of them it uses, and how contents name those. */
export interface DocumentFonts {
  letters(text: string, font: string): readonly Letters[]
  /** For the resources: what each name stands for. */
  readonly references: ReadonlyMap<string, Reference>
}

export function createDocumentFonts(
  document: PdfkitDocument,
  typesetter: Typesetter,
): DocumentFonts {
  const embedded = new Map<Font, EmbeddedFont>()
  const references = new Map<string, Reference>()
  const written = new WeakMap<ShapedText, readonly Letters[]>()

  function embed(font: Font): EmbeddedFont {
    const known = embedded.get(font)
    if (known) return known
    document.font(font.program)
    const added = document._font
    embedded.set(font, added)
    references.set(added.id, added.ref())
    return added
  }

  return {
    references,
    letters(text, font) {
      const shaped = typesetter.shape(text, font)
      const known = written.get(shaped)
      if (known) return known
      const letters = shaped.runs.map((run) => {
        const target = embed(run.font)
        return { font: target.id, show: showOperator(target, run) }
      })
      written.set(shaped, letters)
      return letters
    },
  }
}

/** `<0001> Tj`, or with kerning `[<0001> 74 <0002>] TJ`, which moves to the left. */
function showOperator(font: EmbeddedFont, { glyphs, kerning }: ShapedText['runs'][number]): string {
  let operand = '<'
  let isKerned = false
  glyphs.forEach((glyph, index) => {
    const id = font.subset.includeGlyph(glyph.id)
    font.widths[id] ??= glyph.advance
    font.unicode[id] ??= [glyph.codePoint]
    operand += id.toString(16).padStart(4, '0')
    const added = kerning[index] ?? 0
    if (added === 0 || index === glyphs.length - 1) return
    operand += `> ${-added} <`
    isKerned = true
  })
  return isKerned ? `[${operand}>] TJ` : `${operand}> Tj`
}
