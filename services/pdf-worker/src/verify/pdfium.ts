import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type WrappedPdfiumModule, init } from '@embedpdf/pdfium'

/*
 * PDFium, the reader of Chrome, as far as a check of links needs it. Heights are PDF's own here:
 * from the bottom of the page.
 */

/** The file is no PDF that PDFium reads. */
export class PdfUnreadable extends Error {
  override readonly name = 'PdfUnreadable'
}

export interface Pdfium {
  /** Throws PdfUnreadable. The document is closed by whoever opened it. */
  open(file: Uint8Array): PdfiumDocument
}

export interface PdfiumDocument {
  readonly pageCount: number
  /** Of a page, from 0. */
  sizeOf(page: number): { readonly width: number; readonly height: number }
  /** Of a page, from 0, in the order of the file. */
  linksOf(page: number): ReadLink[]
  /** Undefined where there is no destination of this name. */
  destinationOf(name: string): ReadDestination | undefined
  readonly destinationCount: number
  /** Level by level, each entry before its children. */
  outline(): ReadOutline[]
  close(): void
}

export interface ReadLink {
  readonly left: number
  readonly bottom: number
  readonly right: number
  readonly top: number
  /** Undefined where it leads nowhere. */
  readonly destination: ReadDestination | undefined
}

export interface ReadDestination {
  /** From 0. */
  readonly page: number
  /** Undefined where the destination does not say. */
  readonly left: number | undefined
  readonly top: number | undefined
  readonly zoom: number | undefined
}

export interface ReadOutline {
  readonly title: string
  /** From 1. */
  readonly level: number
  readonly destination: ReadDestination | undefined
}

/** Loads the program, which takes a fifth of a second: once per process. */
export async function loadPdfium(): Promise<Pdfium> {
  const file = fileURLToPath(import.meta.resolve('@embedpdf/pdfium/pdfium.wasm'))
  const options = { wasmBinary: exactly(readFileSync(file)) }
  const program = (await init(options)) as WrappedPdfiumModule & Program
  program.PDFiumExt_Init()
  return { open: (bytes) => openDocument(program, bytes) }
}

/** The part of the wrapper that is used; its own types need those of Emscripten. */
interface Program {
  readonly pdfium: Memory
  PDFiumExt_Init(): void
  FPDF_LoadMemDocument(file: number, length: number, password: string): number
  FPDF_CloseDocument(document: number): void
  FPDF_GetPageCount(document: number): number
  FPDF_GetPageSizeByIndexF(document: number, page: number, size: number): boolean
  FPDF_CountNamedDests(document: number): number
  FPDF_GetNamedDestByName(document: number, name: string): number
  EPDFPage_GetAnnotCountRaw(document: number, page: number): number
  EPDFPage_GetAnnotRaw(document: number, page: number, index: number): number
  FPDFPage_CloseAnnot(annotation: number): void
  FPDFAnnot_GetSubtype(annotation: number): number
  FPDFAnnot_GetRect(annotation: number, rectangle: number): boolean
  FPDFAnnot_GetLink(annotation: number): number
  FPDFLink_GetDest(document: number, link: number): number
  FPDFDest_GetDestPageIndex(document: number, destination: number): number
  FPDFDest_GetView(destination: number, count: number, parameters: number): number
  FPDFBookmark_GetFirstChild(document: number, bookmark: number): number
  FPDFBookmark_GetNextSibling(document: number, bookmark: number): number
  FPDFBookmark_GetTitle(bookmark: number, buffer: number, length: number): number
  FPDFBookmark_GetDest(document: number, bookmark: number): number
}

interface Memory {
  /** Each is another one when the memory has grown. */
  readonly HEAPU8: Uint8Array
  readonly HEAP32: Int32Array
  readonly HEAPF32: Float32Array
  readonly wasmExports: { malloc(size: number): number; free(at: number): void }
  UTF16ToString(at: number): string
}

const scratchBytes = 64
const titleBytesMax = 4_096
const levelsMax = 8 // a file of ours has four; another may go round in circles
const entriesMax = 100_000

function openDocument(program: Program, file: Uint8Array): PdfiumDocument {
  const memory = program.pdfium
  const { malloc, free } = memory.wasmExports
  const copy = malloc(Math.max(1, file.length))
  memory.HEAPU8.set(file, copy)
  const document = program.FPDF_LoadMemDocument(copy, file.length, '')
  if (document === 0) {
    free(copy)
    throw new PdfUnreadable('PDFium cannot read the file')
  }
  const scratch = malloc(scratchBytes)
  const title = malloc(titleBytesMax)
  const floatAt = (index: number) => float(memory, scratch, index)

  return {
    pageCount: program.FPDF_GetPageCount(document),
    destinationCount: program.FPDF_CountNamedDests(document),
    sizeOf(page) {
      program.FPDF_GetPageSizeByIndexF(document, page, scratch)
      return { width: floatAt(0), height: floatAt(1) }
    },
    linksOf: (page) => readLinks(program, document, page, scratch),
    destinationOf: (name) =>
      readDestination(program, document, program.FPDF_GetNamedDestByName(document, name), scratch),
    outline: () => readOutline(program, document, scratch, title),
    close() {
      program.FPDF_CloseDocument(document)
      for (const each of [copy, scratch, title]) free(each)
    },
  }
}

/** Read without loading the page, which would take its content apart: five times as long. */
function readLinks(program: Program, document: number, page: number, scratch: number): ReadLink[] {
  const count = program.EPDFPage_GetAnnotCountRaw(document, page)
  const links: ReadLink[] = []
  for (let index = 0; index < count; index += 1) {
    const annotation = program.EPDFPage_GetAnnotRaw(document, page, index)
    if (annotation === 0) throw new PdfUnreadable(`an annotation of page ${page + 1}`)
    if (program.FPDFAnnot_GetSubtype(annotation) === linkSubtype) {
      links.push(readLink(program, document, annotation, scratch))
    }
    program.FPDFPage_CloseAnnot(annotation)
  }
  return links
}

/** fpdf_annot.h, FPDF_ANNOT_LINK. */
const linkSubtype = 2

function readLink(
  program: Program,
  document: number,
  annotation: number,
  scratch: number,
): ReadLink {
  program.FPDFAnnot_GetRect(annotation, scratch)
  const memory = program.pdfium
  const left = float(memory, scratch, 0)
  const top = float(memory, scratch, 1)
  const right = float(memory, scratch, 2)
  const bottom = float(memory, scratch, 3)
  const target = program.FPDFLink_GetDest(document, program.FPDFAnnot_GetLink(annotation))
  const destination = readDestination(program, document, target, scratch)
  return { left, bottom, right, top, destination }
}

/** How a destination says where to look (fpdf_doc.h, PDFDEST_VIEW_…). */
const viewXyz = 1
const viewFitH = 3

function readDestination(
  program: Program,
  document: number,
  destination: number,
  scratch: number,
): ReadDestination | undefined {
  if (destination === 0) return undefined
  const page = program.FPDFDest_GetDestPageIndex(document, destination)
  if (page < 0) return undefined
  const memory = program.pdfium
  const view = program.FPDFDest_GetView(destination, scratch, scratch + 4)
  const count = memory.HEAP32[scratch >> 2] ?? 0
  const parameter = (index: number) =>
    index < count ? float(memory, scratch, index + 1) : undefined
  if (view === viewFitH) return { page, left: undefined, top: parameter(0), zoom: undefined }
  if (view !== viewXyz) return { page, left: undefined, top: undefined, zoom: undefined }
  // Zoom 0 is the zoom as it is, as none is (ISO 32000-1, 12.3.2.2).
  return { page, left: parameter(0), top: parameter(1), zoom: parameter(2) || undefined }
}

function readOutline(program: Program, document: number, scratch: number, title: number) {
  const entries: ReadOutline[] = []
  const readLevel = (parent: number, level: number): void => {
    if (level > levelsMax) return
    let entry = program.FPDFBookmark_GetFirstChild(document, parent)
    while (entry !== 0 && entries.length < entriesMax) {
      const length = program.FPDFBookmark_GetTitle(entry, title, titleBytesMax)
      const text = length > 0 && length <= titleBytesMax ? program.pdfium.UTF16ToString(title) : ''
      const target = program.FPDFBookmark_GetDest(document, entry)
      const destination = readDestination(program, document, target, scratch)
      entries.push({ title: text, level, destination })
      readLevel(entry, level + 1)
      entry = program.FPDFBookmark_GetNextSibling(document, entry)
    }
  }
  readLevel(0, 1)
  return entries
}

function float({ HEAPF32 }: Memory, at: number, index: number): number {
  return HEAPF32[(at >> 2) + index] ?? Number.NaN
}

/** The bytes alone: a small file's buffer is part of a larger one. */
function exactly(file: Buffer): ArrayBuffer {
  const bytes = new ArrayBuffer(file.length)
  new Uint8Array(bytes).set(file)
  return bytes
}
