import { dayNumberOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { Widget } from '@atrium/contracts/planner/planner.ts'
import type { Size } from '../compiler/box.ts'
import type { CompiledWidget } from '../compiler/compiled-widget.ts'
import { createBudget } from '../compiler/limits.ts'
import { createLocaleNames } from '../compiler/locale-names.ts'
import type { ResolveContext, Resolver } from '../compiler/resolve.ts'
import { resolveCalendar } from '../compiler/resolve-calendar.ts'
import { resolveDayList } from '../compiler/resolve-day-list.ts'
import { resolveLinkList } from '../compiler/resolve-link-list.ts'
import { partOf } from '../layout/lay-out.ts'
import type { Fault, LintedWidget, WidgetRule } from './finding.ts'
import { tenths } from './rescale.ts'

/**
 * What is tapped is as large as a finger. Making it so would move other things: a person does that.
 */
export const touchTargets: WidgetRule = (linted, { device }) => {
  const target = targetOf(linted.widget)
  if (target === undefined) return []
  const limit = device.minTouchTargetPt
  return [
    ...tooSmall(linted, 'width', target.size, limit),
    ...tooSmall(linted, 'height', target.size, limit),
  ]
}

function tooSmall(
  widget: LintedWidget,
  side: 'width' | 'height',
  size: Size,
  limit: number,
): Fault[] {
  const value = tenths(size[side])
  if (value >= limit) return []
  const rule = side === 'width' ? 'touch_target_width' : 'touch_target_height'
  return [{ widget, field: `/position/${side}`, rule, value, limit, changes: [] }]
}

/** The smallest thing to tap in a widget. */
function targetOf(widget: Widget): { readonly size: Size } | undefined {
  switch (widget.type) {
    case 'internal_link':
    case 'tap_zone':
      return { size: widget.position }
    case 'calendar':
      return partIn(widget, resolveCalendar)
    case 'day_list':
      return partIn(widget, resolveDayList)
    case 'link_list':
      return partIn(widget, resolveLinkList)
    case 'text_block':
    case 'checkbox':
    case 'divider':
    case 'vertical_line':
    case 'lines':
    case 'dot_grid':
    case 'box':
    case 'anchor':
    case 'image':
    case 'table':
      return undefined
  }
}

/** Its first part: all are alike. Where its date hangs on tokens, in the longest month. */
function partIn(widget: Widget, resolve: Resolver): { readonly size: Size } | undefined {
  const { content, properties } = widget
  const { drawn } = resolve({ widget, content, properties }, context)
  const size = partOf(drawn, firstPart(drawn))
  return size && { size }
}

const firstPart = (drawn: CompiledWidget) =>
  drawn.type === 'link_list'
    ? Math.max(
        0,
        drawn.items.findIndex((item) => item !== null),
      )
    : 0

/** August 2026 has six weeks, counted from Monday. */
const longMonth = '2026-08-01'

/** Only what their sizes hang on is asked of it. */
const context: ResolveContext = {
  names: createLocaleNames('en'),
  today: undefined,
  dayByDefault: dayNumberOf(longMonth) ?? 0,
  tokens: new Map(),
  numbers: { page: 1, totalPages: 1 },
  text: createBudget('too-much-text', Infinity),
  parts: createBudget('too-many-parts', Infinity),
  report: () => undefined,
}
