import type { Box, Size } from '../compiler/box.ts'
import type { CompiledDocument, CompiledPage, LinkTarget } from '../compiler/compiled.ts'
import type { CompiledWidget } from '../compiler/compiled-widget.ts'
import { partOf } from './lay-out.ts'

export interface LinkArea {
  readonly widgetId: string
  readonly box: Box
  readonly target: LinkTarget
}

/** The areas of a page that lead somewhere, those on top last. */
export type LinkAreas = (page: CompiledPage) => LinkArea[]

export function createLinkAreas({ forms, size }: CompiledDocument): LinkAreas {
  const ofForms = forms.map(({ widgets }) => byId(widgets))
  return (page) => {
    const own = page.layers.map((layer) =>
      layer.kind === 'own' ? byId(layer.widgets) : (ofForms[layer.form] ?? noWidgets),
    )
    return page.links.flatMap(({ widgetId, box, part, target }) => {
      const area = part === null ? box : partOfWidget(own, widgetId, part)
      const visible = area && onPage(area, size)
      return visible ? [{ widgetId, box: visible, target }] : []
    })
  }
}

type ById = ReadonlyMap<string, CompiledWidget>

const noWidgets: ById = new Map()

const byId = (widgets: readonly CompiledWidget[]): ById =>
  new Map(widgets.map((widget) => [widget.id, widget]))

function partOfWidget(layers: readonly ById[], id: string, part: number): Box | undefined {
  for (const widgets of layers) {
    const widget = widgets.get(id)
    if (widget) return partOf(widget, part)
  }
  return undefined
}

/** What of an area lies on the page; undefined where nothing does. */
function onPage({ x, y, width, height }: Box, page: Size): Box | undefined {
  const left = Math.max(0, x)
  const top = Math.max(0, y)
  const right = Math.min(page.width, x + width)
  const bottom = Math.min(page.height, y + height)
  if (right <= left || bottom <= top) return undefined
  return { x: left, y: top, width: right - left, height: bottom - top }
}
