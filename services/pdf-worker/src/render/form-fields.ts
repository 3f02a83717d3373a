import type { Tickbox } from '../layout/display-list.ts'
import { type Resources, createContent } from './content.ts'
import { type ObjectWriter, type WrittenObject, packed } from './object-writer.ts'
import { dictionary, numbers, text } from './pdf-syntax.ts'
import type { Reference } from './pdfkit-document.ts'
import { drawnTickbox } from './tickbox.ts'

/** The boxes to tick of an interactive document. */
export interface FormFields {
  /** The annotation of a box on a page, to be written with that page. */
  add(mark: Tickbox, pageNumber: number, page: Reference, pageHeight: number): WrittenObject
  /** Writes the form; undefined where nothing was added. */
  end(): Reference | undefined
}

/** A box and its tick are lines and fills alone. */
const nothing: Resources = {
  letters: () => [],
  opacity: () => '',
  dots: () => '',
  picture: () => undefined,
}

export function createFormFields(writer: ObjectWriter): FormFields {
  const appearances = new Map<string, Reference>()
  const fields: string[] = []

  function appearance(mark: Tickbox, isTicked: boolean): Reference {
    const { width, height } = mark.box
    const look = { ...mark, isTicked, box: { x: 0, y: 0, width, height }, widgetId: '', label: '' }
    const key = JSON.stringify(look)
    const known = appearances.get(key)
    if (known) return known
    const content = createContent({ height, resources: nothing, drawsTickboxes: true })
    content.draw(drawnTickbox(look))
    const reference = writer.reserve()
    const edge = mark.lineWidth / 2 // the border stands with its middle on the edge
    const box = numbers(-edge, -edge, width + edge, height + edge)
    const value = `/Type /XObject /Subtype /Form /BBox [${box}] /Resources <<>>`
    writer.write([{ reference, value, stream: packed(content.text()) }])
    appearances.set(key, reference)
    return reference
  }

  return {
    add(mark, pageNumber, page, pageHeight) {
      const ticked = appearance(mark, true)
      const empty = appearance(mark, false)
      const reference = writer.reserve()
      fields.push(`${reference.id} 0 R`)
      const { x, y, width, height } = mark.box
      const edge = mark.lineWidth / 2
      const bottom = pageHeight - y - height
      const state = mark.isTicked ? '/Yes' : '/Off'
      const value = dictionary({
        Type: '/Annot',
        Subtype: '/Widget',
        FT: '/Btn',
        T: text(`${pageNumber}-${mark.widgetId}`),
        TU: mark.label === '' ? undefined : text(mark.label),
        V: state,
        AS: state,
        F: '4',
        P: `${page.id} 0 R`,
        Rect: `[${numbers(x - edge, bottom - edge, x + width + edge, bottom + height + edge)}]`,
        AP: `<</N <</Yes ${ticked.id} 0 R /Off ${empty.id} 0 R>>>>`,
      })
      return { reference, value }
    },
    end() {
      if (fields.length === 0) return undefined
      const reference = writer.reserve()
      const value = dictionary({ Fields: `[${fields.join(' ')}]`, DR: '<<>>', DA: text('') })
      writer.write([{ reference, value }])
      return reference
    },
  }
}
