import type { Size } from '../compiler/box.ts'
import type { CompiledDocument } from '../compiler/compiled.ts'
import type { Typesetter } from '../fonts/typesetter.ts'
import type { Dots, Picture } from '../layout/display-list.ts'
import { pictureKey } from '../pictures/uses.ts'
import type { PlacedPicture, Resources } from './content.ts'
import type { DocumentPictures } from './assets.ts'
import { createDocumentFonts } from './document-fonts.ts'
import { placePicture, writePicture } from './document-pictures.ts'
import { type ObjectWriter, packed } from './object-writer.ts'
import { dotsPath } from './pdf-path.ts'
import { dictionary, number, numbers } from './pdf-syntax.ts'
import type { PdfkitDocument, Reference } from './pdfkit-document.ts'

/** What the contents of a document share: one set of names for all of its pages. */
export interface DocumentResources extends Resources {
  readonly ofPages: Reference
  /** Writes a form that covers the page; gives its name. */
  addForm(text: string, size: Size): string
  end(): void
}

export interface ResourcesOptions {
  readonly compiled: CompiledDocument
  readonly document: PdfkitDocument
  readonly writer: ObjectWriter
  readonly typesetter: Typesetter
  readonly pictures: DocumentPictures
}

export function createResources(options: ResourcesOptions): DocumentResources {
  const { compiled, document, writer, typesetter, pictures } = options
  const { device } = compiled
  const fonts = createDocumentFonts(document, typesetter)
  // Forms have resources without forms of pages in them: no form can be found inside itself.
  const ofPages = writer.reserve()
  const ofForms = writer.reserve()
  const states = new Map<number, Named>()
  const dotForms = new Map<string, Named>()
  const images = new Map<string, Named>()
  const forms: Named[] = []

  function writeForm(text: string, box: string): Reference {
    const reference = writer.reserve()
    const value = `/Type /XObject /Subtype /Form /BBox [${box}] /Resources ${ofForms.id} 0 R`
    writer.write([{ reference, value, stream: packed(text) }])
    return reference
  }

  function picture(mark: Picture): PlacedPicture | undefined {
    const key = pictureKey(mark.assetId, mark.isGrey || !device.color)
    const found = pictures.pictures.get(key)
    if (!found) return undefined
    const write = () => writePicture(found, device.greyLevels, writer)
    const { name } = kept(images, key, 'I', write)
    return { name, box: placePicture(mark, found) }
  }

  return {
    ofPages,
    letters: fonts.letters,
    opacity: (value) => kept(states, value, 'G', () => writeState(value, writer)).name,
    dots: (dots) =>
      kept(dotForms, dotsKey(dots), 'D', () => writeForm(dotsPath(dots), dotsBounds(dots))).name,
    picture,
    addForm(text, { width, height }) {
      const name = `M${forms.length}`
      forms.push({ name, reference: writeForm(text, numbers(0, 0, width, height)) })
      return name
    },
    end() {
      const fontEntries = [...fonts.references].map(([name, reference]) => ({ name, reference }))
      const shared = {
        Font: entries(fontEntries),
        ExtGState: entries([...states.values()]),
      }
      const inner = [...dotForms.values(), ...images.values()]
      writer.write([
        { reference: ofForms, value: dictionary({ ...shared, XObject: entries(inner) }) },
        {
          reference: ofPages,
          value: dictionary({ ...shared, XObject: entries([...inner, ...forms]) }),
        },
      ])
    },
  }
}

function writeState(opacity: number, writer: ObjectWriter): Reference {
  const reference = writer.reserve()
  const share = number(opacity)
  const value = dictionary({ Type: '/ExtGState', ca: share, CA: share })
  writer.write([{ reference, value }])
  return reference
}

function dotsBounds({ columns, rows, step, size }: Dots): string {
  const edge = size / 2
  return numbers(-edge, -edge, (columns - 1) * step + edge, (rows - 1) * step + edge)
}

interface Named {
  readonly name: string
  readonly reference: Reference
}

function kept<K>(known: Map<K, Named>, key: K, letter: string, write: () => Reference): Named {
  const found = known.get(key)
  if (found) return found
  const made = { name: `${letter}${known.size}`, reference: write() }
  known.set(key, made)
  return made
}

const entries = (named: readonly Named[]) =>
  dictionary(Object.fromEntries(named.map(({ name, reference }) => [name, `${reference.id} 0 R`])))

const dotsKey = ({ columns, rows, step, size, isRound }: Dots) =>
  [columns, rows, step, size, isRound].join(' ')
