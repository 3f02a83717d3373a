import { devices } from '@atrium/contracts/planner/devices.ts'
import type { CompiledDocument, CompiledPage, ExportMode } from '../src/compiler/compiled.ts'
import type { CompiledWidget } from '../src/compiler/compiled-widget.ts'

export interface Given {
  readonly pageCount?: number
  readonly export?: ExportMode
  readonly locale?: CompiledDocument['locale']
  readonly device?: string
  readonly fonts?: readonly string[]
  /** On every page, drawn once. */
  readonly common?: readonly CompiledWidget[]
  readonly widgets?: (page: number) => readonly CompiledWidget[]
  readonly links?: (page: number) => CompiledPage['links']
}

/** A document as the compiler makes them, of pages of 200 by 300 points. */
export function compiledDocument(given: Given = {}): CompiledDocument {
  const { pageCount = 1, common = [], widgets = () => [], links = () => [] } = given
  const device = devices.find(({ id }) => id === (given.device ?? 'remarkable-2'))
  if (!device) throw new Error(`No device ${given.device}`)
  const pages = Array.from({ length: pageCount }, (_, index): CompiledPage => {
    const number = index + 1
    const own = { kind: 'own' as const, widgets: widgets(number) }
    const layers = common.length === 0 ? [own] : [{ kind: 'form' as const, form: 0 }, own]
    return { number, master: 'day', section: 'days', layers, links: links(number) }
  })
  return {
    title: 'Planner <2026> & ąść',
    author: 'Ann',
    description: '',
    locale: given.locale ?? 'en',
    size: { width: 200, height: 300 },
    device,
    export: given.export ?? 'interactive',
    forms: common.length === 0 ? [] : [{ master: 'day', widgets: common }],
    pages,
    navigation: {
      namedDestinations: pages.map(({ number }) => ({
        name: `day:${number}`,
        page: number,
        top: 24,
      })),
      outlines: [],
    },
    imageAssetIds: [],
    fonts: given.fonts ?? ['Helvetica'],
    warnings: [],
  }
}

/** A link over all of a box. */
export const linkTo = (page: number, top = 0, widgetId = 'w'): CompiledPage['links'][number] => ({
  widgetId,
  box: { x: 10, y: 20, width: 100, height: 30 },
  part: null,
  target: { page, top, destination: null },
})
