import { holdsToken } from '@atrium/contracts/planner/bind.ts'
import { isEmpty, own, type Fields } from '@atrium/contracts/planner/fields.ts'
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
  const { content, properties } = widget
  const unchanging = { filled: { widget, content, properties }, key: '' }
  return {
    widget,
    pointer,
    lookOn(context) {
      const { filled, key } = changes ? filledIn(widget, context) : unchanging
      const known = looks.get(key)
      if (known) return known
      context.parts.spend(1)
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

function hangsOnPage(widget: Widget): boolean {
  const { type, content, properties } = widget
  const values = drawnFields(type).map((name) => own(properties, name))
  const isOpen = [content, ...values].some((value) => mayChange(value))
  return isOpen || hangsOnTemplates(widget)
}

/** The properties that it is drawn by; what else it may have means nothing. */
const drawnFields = (type: WidgetType) =>
  Object.keys(widgetFields[type].properties).filter((name) => !linkFields.has(name))

/** Lists are read as deep as rows of texts. */
function mayChange(value: unknown, levels = 2): boolean {
  if (typeof value === 'string') return /[{@]/.test(value)
  if (!Array.isArray(value) || levels === 0) return false
  return value.some((each: unknown) => mayChange(each, levels - 1))
}

/** The widget with its texts filled in, and a key that is equal where it looks alike. */
function filledIn(widget: Widget, context: ResolveContext): { filled: FilledWidget; key: string } {
  const { tokens, numbers, text } = context
  const properties: Record<string, unknown> = {}
  for (const name of drawnFields(widget.type)) {
    const value = fillInAll(own(widget.properties, name), tokens, text)
    properties[name] = numberedFields.has(name) ? withNumbers(value, numbers) : value
  }
  const given = fillIn(widget.content, tokens, text)
  const content = numberedTypes.has(widget.type) ? fillInNumbers(given, numbers) : given
  const page = hangsOnTemplates(widget) ? numbers.page : 0
  return {
    filled: { widget, content, properties: { ...widget.properties, ...properties } },
    key: JSON.stringify([page, content, properties]),
  }
}

/** Where page numbers stand, beside the names of destinations. */
const numberedTypes: ReadonlySet<WidgetType> = new Set(['text_block', 'internal_link'])
const numberedFields: ReadonlySet<string> = new Set(['startDate', 'tableData', 'labels'])

function withNumbers(value: unknown, numbers: ResolveContext['numbers']): unknown {
  if (typeof value === 'string') return fillInNumbers(value, numbers)
  return Array.isArray(value) ? value.map((each: unknown) => withNumbers(each, numbers)) : value
}

/** A list of the older form, whose templates say more than the items' own tokens tell. */
function hangsOnTemplates({ type, properties }: Widget): boolean {
  if (type !== 'link_list' || !isEmpty(own(properties, 'labels'))) return false
  const templates = [own(properties, 'labelTemplate'), own(properties, 'bind')]
  const names = templates.flatMap((template) =>
    typeof template === 'string' ? (template.match(/(?<=[{@])[A-Za-z0-9_]+/g) ?? []) : [],
  )
  return names.some((name) => !itemTokens.has(name))
}

const itemTokens: ReadonlySet<string> = new Set([
  'index',
  'index_padded',
  'month_name',
  'month_abbr',
  'month_padded',
])

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
