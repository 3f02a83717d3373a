import { dayNumberOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { Planner, Section } from '@atrium/contracts/planner/planner.ts'
import { own, textFrom } from '@atrium/contracts/planner/fields.ts'
import { destinationOf } from './bind.ts'
import type { NamedDestination } from './compiled.ts'
import { daysOfIsoWeek, intersection, isEmptyRange, monthOf, type DayRange } from './day-range.ts'
import type { PageContexts } from './page-contexts.ts'
import type { PageWidget } from './page-widgets.ts'
import type { PlanPage } from './plan-pages.ts'
import type { ResolveContext } from './resolve.ts'
import { clipped, isDateMode, spanOf, undated, type DateMode, type Dated } from './section-items.ts'
import { fillIn, fillInNumbers } from './tokens.ts'

/** The destinations that there are, by their names in lower case. */
export type Destinations = ReadonlyMap<string, NamedDestination>

/**
 * What the anchors of all pages make. Two that come to the same name are no fault: the last one is
 * meant, as it always was. One that comes to no name is reported, and makes nothing.
 */
export function destinationsOf(pages: readonly PlanPage[], contexts: PageContexts): Destinations {
  const destinations = new Map<string, NamedDestination>()
  const anchorsOf = (page: PlanPage) =>
    page.master.widgets.some(({ type }) => type === 'anchor')
      ? contexts.widgetsOf(page).filter(({ widget }) => widget.type === 'anchor')
      : []
  for (const page of pages) {
    for (const anchor of anchorsOf(page)) {
      const context = contexts.contextFor(page, anchor)
      const name = anchorName(anchor, context)
      if (name === undefined) continue
      const top = anchor.widget.position.y
      destinations.delete(name)
      destinations.set(name, { name, page: page.number, top })
    }
  }
  return destinations
}

function anchorName({ widget }: PageWidget, context: ResolveContext): string | undefined {
  const given = textFrom(own(widget.properties, 'destId')) ?? ''
  const filled = fillInNumbers(fillIn(given, context.tokens, context.text), context.numbers)
  const destination = destinationOf(filled)
  if (destination.kind === 'name') return destination.name
  const isMissing = given.trim() === ''
  // One named after a date beyond the plan is not on any of its pages.
  if (!isMissing && destination.kind === 'outside') return undefined
  context.report({
    code: isMissing ? 'destination-missing' : 'destination-invalid',
    field: 'destId',
    detail: isMissing ? 'names no destination' : `"${filled.slice(0, 100)}" can be no destination`,
    target: filled,
  })
  return undefined
}

/** Which dates a plan has pages for. */
export interface PlanDates {
  /** Whether a destination is named after days that the plan does not have. */
  isOutside(name: string): boolean
  lacks(days: DayRange, mode: DateMode): boolean
  /** Undefined where nothing repeats over dates. */
  readonly firstDay: number | undefined
}

export function planDatesOf({ plan }: Planner): PlanDates {
  const spans: Record<DateMode, DayRange[]> = { each_day: [], each_week: [], each_month: [] }
  const walk = (section: Section, around: Dated) => {
    if (!isDateMode(section.generate)) {
      for (const nested of section.nested) walk(nested, around)
      return
    }
    // Of the items around it only that they are within their own section's dates is known.
    const span = spanOf(section, plan.calendar, around)
    const days = clipped(span, around)
    spans[section.generate].push(days)
    for (const nested of section.nested) walk(nested, { item: days, span })
  }
  for (const section of plan.sections) walk(section, undated)
  const all = Object.values(spans).flat()

  const dates: PlanDates = {
    isOutside(name) {
      const named = daysNamedBy(name)
      return named !== undefined && dates.lacks(named.days, named.mode)
    },
    // Days are those that have pages of their own; where none have, all that anything repeats over.
    lacks(days, mode) {
      const covered = spans[mode].length > 0 ? spans[mode] : all
      return covered.every((span) => isEmptyRange(intersection(span, days)))
    },
    firstDay: all.map(({ first }) => first).toSorted((a, b) => a - b)[0],
  }
  return dates
}

/** `day:2026-01-31`, `week:2026-w05`, `month:2026-01`, `year:2026`, whatever stands before. */
function daysNamedBy(name: string): { days: DayRange; mode: DateMode } | undefined {
  const [, date] = /(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)/.exec(name) ?? []
  if (date !== undefined) {
    const day = dayNumberOf(date)
    return day === undefined ? undefined : { days: { first: day, last: day }, mode: 'each_day' }
  }
  const [, weekYear, week] = /(?<!\d)(\d{4})-?w(\d{2})(?!\d)/.exec(name) ?? []
  if (weekYear !== undefined) {
    const days = daysOfIsoWeek(Number(weekYear), Number(week))
    return days && { days, mode: 'each_week' }
  }
  const [, month] = /(?<!\d)(\d{4}-\d{2})(?!\d)/.exec(name) ?? []
  if (month !== undefined) {
    const day = dayNumberOf(`${month}-01`)
    return day === undefined ? undefined : { days: monthOf(day), mode: 'each_month' }
  }
  const [, year] = /^year:(\d{4})$/.exec(name) ?? []
  const first = year === undefined ? undefined : dayNumberOf(`${year}-01-01`)
  const last = year === undefined ? undefined : dayNumberOf(`${year}-12-31`)
  if (first === undefined || last === undefined) return undefined
  return { days: { first, last }, mode: 'each_month' }
}
