import { holdsToken } from '@atrium/contracts/planner/bind.ts'
import { isEmpty, own, type Fields, type RawFields } from '@atrium/contracts/planner/fields.ts'
import type { Master, Widget } from '@atrium/contracts/planner/planner.ts'
import { widgetFields, type WidgetType } from '@atrium/contracts/planner/widget-fields.ts'
import type { CompiledWidget } from './compiled-widget.ts'
import type { FilledWidget, PartLink, ResolveContext, Resolver } from './resolve.ts'
import { resolveCalendar } from './resolve-calendar.ts'
import { resolveDayList } from './resolve-day-list.ts'
import { resolveLinkList } from './resolve-link-list.ts'
import {
  resolveAnchor,
  resolveBox,
  resolveCheckbox,
  resolveDotGrid,
  resolveImage,
  resolveInternalLink,
  resolveLine,
  resolveLines,
  resolveTapZone,
  resolveTextBlock,
} from './resolve-shapes.ts'
import { resolveTable } from './resolve-table.ts'
import { fillIn, fillInAll, fillInNumbers } from './tokens.ts'

/*
 * A master's widgets, each worked out once for every way that it looks: pages on which its texts
 * come out the same share what is drawn.
 */

export interface PageWidget {
  readonly widget: Widget
  /** RFC 6901 into the project. */
  readonly pointer: string
  /** Its look on a page. The same object for pages on which it looks alike. */
  lookOn(context: ResolveContext): Look
}

export interface Look {
  readonly drawn: CompiledWidget
  readonly links: readonly PartLink[]
  /** The pages that have it, as they are met. */
  readonly pages: number[]
}

/** In painting order: by zOrder, and as they were listed where it is the same. */
export function pageWidgetsOf(master: Master, masterIndex: number): readonly PageWidget[] {
  return master.widgets
    .map((widget, index) => createPageWidget(widget, `/masters/${masterIndex}/widgets/${index}`))
    .toSorted((a, b) => a.widget.zOrder - b.widget.zOrder)
}

function createPageWidget(widget: Widget, pointer: string): PageWidget {
  const changes = hangsOnPage(widget)
  const looks = new Map<string, Look>()
  return {
    widget,
    pointer,
    lookOn(context) {
      const filled = changes ? filledIn(widget, context) : { ...widget, widget }
      const key = changes ? keyOf(filled, context) : ''
      const known = looks.get(key)
      if (known) return known
      reportUnreadable(filled, context)
      const { drawn, links } = resolvers[widget.type](filled, context)
      const look: Look = { drawn, links, pages: [] }
      looks.set(key, look)
      return look
    },
  }
}

const resolvers: Readonly<Record<WidgetType, Resolver>> = {
  text_block: resolveTextBlock,
  checkbox: resolveCheckbox,
  divider: resolveLine('divider'),
  vertical_line: resolveLine('vertical_line'),
  lines: resolveLines,
  dot_grid: resolveDotGrid,
  box: resolveBox,
  anchor: resolveAnchor,
  internal_link: resolveInternalLink,
  tap_zone: resolveTapZone,
  link_list: resolveLinkList,
  calendar: resolveCalendar,
  day_list: resolveDayList,
  image: resolveImage,
  table: resolveTable,
}

/** Where a link leads is worked out page by page, whatever the widget looks like. */
const linkFields: ReadonlySet<string> = new Set([
  'bind',
  'toDest',
  'destId',
  'tapAction',
  'targetPage',
  'linkTemplate',
  'weekLinkTemplate',
  'labelTemplate',
])

function hangsOnPage({ type, content, properties }: Widget): boolean {
  const fields = Object.entries(properties).filter(([name]) => !linkFields.has(name))
  const isOpen = [content, ...fields.map(([, value]) => value)].some(mayChange)
  // The older form of a list draws what its templates say.
  const templates = [properties['labelTemplate'], properties['bind']]
  return isOpen || (type === 'link_list' && templates.some(mayChange))
}

const mayChange = (value: unknown): boolean =>
  typeof value === 'string' ? /[{@]/.test(value) : Array.isArray(value) && value.some(mayChange)

function filledIn(widget: Widget, { tokens, numbers, text }: ResolveContext): FilledWidget {
  const entries = Object.entries(widget.properties).map(([name, value]): [string, unknown] => {
    if (linkFields.has(name)) return [name, value]
    const filled = fillInAll(value, tokens, text)
    return [name, numberedFields.has(name) ? withNumbers(filled, numbers) : filled]
  })
  const content = fillIn(widget.content, tokens, text)
  return {
    widget,
    content: numberedTypes.has(widget.type) ? fillInNumbers(content, numbers) : content,
    properties: Object.fromEntries(entries),
  }
}

/** Where page numbers stand, beside the names of destinations. */
const numberedTypes: ReadonlySet<WidgetType> = new Set(['text_block', 'internal_link'])
const numberedFields: ReadonlySet<string> = new Set(['startDate', 'tableData', 'labels'])

function withNumbers(value: unknown, numbers: ResolveContext['numbers']): unknown {
  if (typeof value === 'string') return fillInNumbers(value, numbers)
  return Array.isArray(value) ? value.map((each: unknown) => withNumbers(each, numbers)) : value
}

function keyOf({ widget, content, properties }: FilledWidget, { numbers }: ResolveContext) {
  const hasTemplates = widget.type === 'link_list' && isEmpty(own(properties, 'labels'))
  const page = hasTemplates && !hangsOnIndexAlone(properties) ? numbers.page : 0
  return JSON.stringify([page, content, properties])
}

function hangsOnIndexAlone(properties: RawFields) {
  const texts = [own(properties, 'labelTemplate'), own(properties, 'bind')]
  const names = texts.flatMap((text) =>
    typeof text === 'string' ? (text.match(/(?<=[{@])[A-Za-z0-9_]+/g) ?? []) : [],
  )
  return names.every((name) =>
    /^(index|index_padded|month_name|month_abbr|month_padded)$/.test(name),
  )
}

/** A colour that came of tokens, and is none. */
function reportUnreadable({ widget, properties }: FilledWidget, { report }: ResolveContext) {
  const fields: Fields = widgetFields[widget.type].properties
  for (const [name, field] of Object.entries(fields)) {
    const sent = own(widget.properties, name)
    if (typeof sent !== 'string' || !holdsToken(sent) || linkFields.has(name)) continue
    const filled = own(properties, name)
    const fault = isEmpty(filled) ? undefined : field.fault?.(filled)
    if (fault?.code === 'wrong-format') {
      report({ code: 'color-invalid', field: name, detail: fault.detail })
    }
  }
}
