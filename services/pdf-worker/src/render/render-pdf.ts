import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { CompiledDocument } from '../compiler/compiled.ts'
import type { FontLibrary } from '../fonts/library.ts'
import { createTypesetter } from '../fonts/typesetter.ts'
import { type ReadAsset, type RenderFinding, readFonts, readPictures } from './assets.ts'
import { createFormFields } from './form-fields.ts'
import { writeMetadata } from './metadata.ts'
import { writeDestinations, writeOutlines } from './navigation.ts'
import { createObjectWriter } from './object-writer.ts'
import { createPages } from './pages.ts'
import { type DocumentInfo, type PdfkitDocument, openDocument } from './pdfkit-document.ts'

export interface RenderOptions {
  /** One for the process. */
  readonly library: FontLibrary
  /** Pictures and fonts of the tenant, by the id of their asset. */
  readonly readAsset: ReadAsset
  /** Gets the file page by page, and is ended. */
  readonly out: Writable
  /** What the file says of when it was made. Deterministic documents have a fixed one. */
  readonly createdAt: Date
  /** After each page. */
  readonly onProgress?: (page: number, pages: number) => void
  readonly signal?: AbortSignal
}

export interface RenderedPdf {
  readonly pageCount: number
  /** What could not be shown as it was meant. */
  readonly findings: readonly RenderFinding[]
}

/** The day that a deterministic document says it was made on. */
export const fixedDate = new Date(Date.UTC(2000, 0, 1))

/**
 * Draws a compiled planner as a PDF. The same document gives the same bytes, whatever this process
 * drew before. Holds one page at a time: memory is flat, however many there are and however slow
 * `out` takes them. Throws what `out` fails with, or the signal's reason.
 */
export async function renderPdf(
  compiled: CompiledDocument,
  options: RenderOptions,
): Promise<RenderedPdf> {
  const { library, readAsset, createdAt, onProgress, signal } = options
  const fonts = await readFonts(compiled, readAsset)
  const pictures = await readPictures(compiled, readAsset)
  const typesetter = createTypesetter({
    library,
    locale: compiled.locale,
    tenantFonts: fonts.files,
  })
  const info: DocumentInfo = {
    title: compiled.title,
    author: compiled.author,
    subject: compiled.description,
    createdAt,
  }
  const document = openDocument(info, compiled.locale)
  const sink = openSink(document, options)
  try {
    const writer = createObjectWriter(document)
    const fields = createFormFields(writer)
    const pages = createPages({ compiled, document, writer, typesetter, fields, pictures })
    for (const page of compiled.pages) {
      pages.write(page)
      onProgress?.(page.number, compiled.pages.length)
      await sink.drained()
      signal?.throwIfAborted()
    }
    finish(compiled, document, { writer, fields, pages, info })
    await sink.ended()
  } catch (error) {
    document.destroy()
    await sink.ended().catch(() => undefined) // it fails because of what is thrown here
    throw error
  }
  const findings = [...fonts.findings, ...pictures.findings, ...typesetter.findings]
  return { pageCount: compiled.pages.length, findings }
}

interface Parts {
  readonly writer: ReturnType<typeof createObjectWriter>
  readonly fields: ReturnType<typeof createFormFields>
  readonly pages: ReturnType<typeof createPages>
  readonly info: DocumentInfo
}

/** What stands for the whole document: how to find one's way, resources, the form, metadata. */
function finish(
  { navigation }: CompiledDocument,
  document: PdfkitDocument,
  { writer, fields, pages, info }: Parts,
): void {
  const catalog = document._root.data
  catalog['Outlines'] = writeOutlines(navigation.outlines, pages.plan, writer)
  catalog['AcroForm'] = fields.end()
  catalog['Metadata'] = writeMetadata(info, writer)
  const names = document._root.data.Names.data
  names['Dests'] = writeDestinations(navigation.namedDestinations, pages.plan, writer)
  pages.end()
  document.end()
}

const waitingBytesMax = 256 * 1_024

/** Lets the file flow out, and holds the drawing up while `out` is slower. */
function openSink(document: PdfkitDocument, { out, signal }: RenderOptions) {
  const written = pipeline(document, out, signal ? { signal } : {})
  written.catch(() => undefined) // whoever waits for it is told
  return {
    ended: () => written,
    async drained() {
      await turn()
      if (document.readableLength < waitingBytesMax || !out.writableNeedDrain) return
      await Promise.race([once(out, 'drain'), written])
    },
  }
}
