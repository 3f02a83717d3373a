import type { Readable } from 'node:stream'
import type { Font as FontProgram } from 'fontkit'
import PDFDocument from 'pdfkit'

/*
 * pdfkit's document, and of what it keeps to itself the few things without which a repeated part
 * cannot be drawn once: it has a public `ref()`, but no way to make a form, to share resources
 * between pages, or to say where a link leads before that page is there. The version of pdfkit is
 * pinned, and opening a document fails where these are not as expected.
 */

/** An object of the file; its number is known before the object is written. */
export interface Reference {
  readonly id: number
  data: Record<string, unknown>
  offset?: number
  end(bytes?: Uint8Array): void
}

/** A font of a document: pdfkit embeds of it the letters that were included. */
export interface EmbeddedFont {
  /** The name under which contents use it. */
  readonly id: string
  readonly subset: { includeGlyph(id: number): number }
  readonly widths: (number | undefined)[]
  readonly unicode: (number[] | undefined)[]
  ref(): Reference
}

export interface PdfkitDocument extends Readable {
  ref(data: object): Reference
  font(program: FontProgram): unknown
  /** Writes what is left, the fonts among it, and ends. */
  end(): void
  readonly _root: Reference & {
    readonly data: {
      readonly Pages: Reference
      readonly Names: Reference
      readonly StructTreeRoot: Reference
    }
  }
  readonly _font: EmbeddedFont
  readonly _offset: number
  _write(bytes: Uint8Array): void
  _refEnd(reference: Reference): void
}

export interface DocumentInfo {
  readonly title: string
  readonly author: string
  readonly subject: string
  readonly createdAt: Date
}

export function openDocument(info: DocumentInfo, language: string): PdfkitDocument {
  const made = new PDFDocument({
    autoFirstPage: false,
    pdfVersion: '1.7',
    lang: language,
    displayTitle: true,
    tagged: true,
    font: '', // none until one is used
    info: {
      Producer: 'Atrium',
      Creator: 'Atrium',
      CreationDate: info.createdAt,
      Title: info.title,
      ...(info.author === '' ? {} : { Author: info.author }),
      ...(info.subject === '' ? {} : { Subject: info.subject }),
    },
  })
  // Its own text of the metadata puts a title with & or < into XML as it is, and its own forms
  // want a default font: both are written by us.
  Object.assign(made, { endMetadata: doNothing, endAcroForm: doNothing })
  if (!hasInternals(made)) throw new Error('pdfkit is not the version that this was written for')
  return made
}

const doNothing = () => undefined

function hasInternals(value: object): value is PdfkitDocument {
  return (
    '_root' in value &&
    '_offset' in value &&
    '_write' in value &&
    typeof value._write === 'function' &&
    '_refEnd' in value &&
    typeof value._refEnd === 'function'
  )
}
