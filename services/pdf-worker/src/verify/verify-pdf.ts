import type { CompiledDocument, OutlineEntry } from '../compiler/compiled.ts'
import { type LinkArea, createLinkAreas } from '../layout/link-areas.ts'
import { PdfUnreadable, type Pdfium, type PdfiumDocument, type ReadDestination } from './pdfium.ts'

/** Where a file is not what was compiled. */
export interface VerifyFinding {
  readonly code:
    | 'file-unreadable'
    | 'page-count'
    | 'page-size'
    | 'link-missing'
    | 'link-unknown'
    | 'link-dead'
    | 'link-misplaced'
    | 'link-target'
    | 'destination'
    | 'outline'
  /** From 1; null where the whole file is meant. */
  readonly page: number | null
  readonly widgetId: string | null
  readonly detail: string
}

export interface Verification {
  /** As read from the file; 0 where it cannot be read. */
  readonly pageCount: number
  readonly sizeBytes: number
  readonly linkCount: number
  /** None: every link leads to where the compiler said. At most `findingsMax`. */
  readonly findings: readonly VerifyFinding[]
}

export const findingsMax = 100

/** Points that a reader may be off: it holds numbers as 32 bits, the file has three digits. */
const tolerance = 0.02

/**
 * Reads a file with a library that shares nothing with the one that wrote it, and compares pages,
 * sizes, links, named destinations and outlines with what was compiled.
 */
export function verifyPdf(
  file: Uint8Array,
  compiled: CompiledDocument,
  pdfium: Pdfium,
): Verification {
  const findings: VerifyFinding[] = []
  const find: Find = (code, page, detail, widgetId = null) => {
    if (findings.length < findingsMax) findings.push({ code, page, widgetId, detail })
  }
  const sizeBytes = file.length
  let document: PdfiumDocument
  try {
    document = pdfium.open(file)
  } catch (error) {
    if (!(error instanceof PdfUnreadable)) throw error
    find('file-unreadable', null, error.message)
    return { pageCount: 0, sizeBytes, linkCount: 0, findings }
  }
  try {
    const linkCount = comparePages(document, compiled, find)
    compareDestinations(document, compiled, find)
    compareOutlines(document, compiled, find)
    return { pageCount: document.pageCount, sizeBytes, linkCount, findings }
  } finally {
    document.close()
  }
}

type Find = (
  code: VerifyFinding['code'],
  page: number | null,
  detail: string,
  widgetId?: string | null,
) => void

function comparePages(document: PdfiumDocument, compiled: CompiledDocument, find: Find): number {
  const { pages, size } = compiled
  if (document.pageCount !== pages.length) {
    find('page-count', null, `${document.pageCount} pages instead of ${pages.length}`)
  }
  const areasOf = createLinkAreas(compiled)
  let linkCount = 0
  for (const page of pages.slice(0, document.pageCount)) {
    const { width, height } = document.sizeOf(page.number - 1)
    if (!isNear(width, size.width) || !isNear(height, size.height)) {
      const wanted = `${size.width} × ${size.height}`
      find('page-size', page.number, `${width} × ${height} instead of ${wanted}`)
    }
    linkCount += compareLinks(document, page.number, areasOf(page), size.height, find)
  }
  return linkCount
}

function compareLinks(
  document: PdfiumDocument,
  page: number,
  areas: readonly LinkArea[],
  height: number,
  find: Find,
): number {
  const links = document.linksOf(page - 1)
  areas.forEach((area, index) => {
    const link = links[index]
    const { widgetId, box, target } = area
    if (!link) {
      find('link-missing', page, `the link to page ${target.page}`, widgetId)
      return
    }
    const isThere =
      isNear(link.left, box.x) &&
      isNear(link.right, box.x + box.width) &&
      isNear(height - link.top, box.y) &&
      isNear(height - link.bottom, box.y + box.height)
    if (!isThere) {
      const at = `${link.left}, ${height - link.top} to ${link.right}, ${height - link.bottom}`
      find('link-misplaced', page, `it covers ${at}`, widgetId)
    }
    compareTarget(link.destination, area, page, height, find)
  })
  if (links.length > areas.length) {
    find('link-unknown', page, `${links.length} links instead of ${areas.length}`)
  }
  return links.length
}

function compareTarget(
  destination: ReadDestination | undefined,
  { widgetId, target }: LinkArea,
  page: number,
  height: number,
  find: Find,
): void {
  if (!destination) {
    find('link-dead', page, `it should lead to page ${target.page}`, widgetId)
    return
  }
  const { left, top, zoom } = destination
  const isRight =
    destination.page === target.page - 1 &&
    isNear(left, 0) &&
    isNear(top, height - target.top) &&
    zoom === undefined
  if (!isRight) {
    const found = `page ${destination.page + 1}, ${height - (top ?? 0)} from the top`
    const wanted = `page ${target.page}, ${target.top} from the top`
    find('link-target', page, `it leads to ${found} instead of ${wanted}`, widgetId)
  }
}

function compareDestinations(
  document: PdfiumDocument,
  { navigation, size }: CompiledDocument,
  find: Find,
): void {
  const { namedDestinations } = navigation
  if (document.destinationCount !== namedDestinations.length) {
    const counted = `${document.destinationCount} instead of ${namedDestinations.length}`
    find('destination', null, `named destinations: ${counted}`)
  }
  for (const { name, page, top } of namedDestinations) {
    const found = document.destinationOf(name)
    const isRight = found?.page === page - 1 && isNear(found.top, size.height - top)
    if (!isRight) find('destination', page, `${name} is not found there`)
  }
}

function compareOutlines(
  document: PdfiumDocument,
  { navigation, size }: CompiledDocument,
  find: Find,
): void {
  const found = document.outline()
  const wanted = flatten(navigation.outlines, 1)
  if (found.length !== wanted.length) {
    find('outline', null, `${found.length} entries instead of ${wanted.length}`)
  }
  wanted.forEach(({ entry, level }, index) => {
    const read = found[index]
    if (!read) return
    const isRight =
      read.title === entry.title &&
      read.level === level &&
      read.destination?.page === entry.page - 1 &&
      isNear(read.destination.top, size.height - entry.top)
    if (!isRight) find('outline', entry.page, `"${entry.title}" is "${read.title}"`)
  })
}

function flatten(
  entries: readonly OutlineEntry[],
  level: number,
): { entry: OutlineEntry; level: number }[] {
  return entries.flatMap((entry) => [{ entry, level }, ...flatten(entry.children, level + 1)])
}

const isNear = (found: number | undefined, wanted: number) =>
  found !== undefined && Math.abs(found - wanted) <= tolerance
