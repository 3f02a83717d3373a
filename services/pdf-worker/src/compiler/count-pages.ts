import { calendarDateOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { PlanCalendar, Planner, Section } from '@atrium/contracts/planner/planner.ts'
import { firstOfMonth, intersection, isEmptyRange, weekdayOf, type DayRange } from './day-range.ts'
import { dateItemCount, isDateMode, spanOf, type DateMode } from './section-items.ts'

/**
 * How many pages the plan makes, exactly, without making them or listing a date. Beyond 2⁵³ - 1 it
 * is that number.
 *
 * Months, weeks and days each cut a range of days into pieces. Sections nested in each other repeat
 * for the pieces that all their cuts together leave: so many as there are cuts, and one more.
 */
export function countPages({ plan }: Planner): number {
  const counts = new Map(
    plan.sections.map((section) => [section.kind, pagesOf(section, plan.calendar, outermost)]),
  )
  return plan.order.reduce((pages, kind) => exact(pages + (counts.get(kind) ?? 0)), 0)
}

/** What surrounds a section: how often it is walked, and which dates have cut it so far. */
interface Around {
  /** Turns of sections that repeat over no dates. */
  readonly turns: number
  readonly modes: ReadonlySet<DateMode>
  /** Undefined where nothing around has dates. */
  readonly range: DayRange | undefined
  readonly span: DayRange | undefined
}

const outermost: Around = { turns: 1, modes: new Set(), range: undefined, span: undefined }

function pagesOf(section: Section, calendar: PlanCalendar, around: Around): number {
  const inside = isDateMode(section.generate)
    ? cutBy(section.generate, section, calendar, around)
    : { ...around, turns: exact(around.turns * (section.generate === 'count' ? section.count : 1)) }
  return section.nested.reduce(
    (pages, nested) => exact(pages + pagesOf(nested, calendar, inside)),
    exact(itemsIn(inside) * section.pagesPerItem),
  )
}

function cutBy(mode: DateMode, section: Section, calendar: PlanCalendar, around: Around): Around {
  const span = spanOf(section, calendar, { item: around.range, span: around.span })
  const range = around.range === undefined ? span : intersection(span, around.range)
  return { ...around, modes: new Set([...around.modes, mode]), range, span }
}

function itemsIn({ turns, modes, range }: Around): number {
  return exact(turns * (range === undefined ? 1 : piecesOf(range, modes)))
}

function piecesOf(range: DayRange, modes: ReadonlySet<DateMode>): number {
  if (isEmptyRange(range)) return 0
  if (modes.has('each_day')) return dateItemCount('each_day', range)
  const [only = 'each_month', other] = modes
  if (other === undefined) return dateItemCount(only, range)
  const cuts = dateItemCount(only, range) - 1 + dateItemCount(other, range) - 1
  return cuts - mondaysOnTheFirst(range) + 1
}

/** Where a month and a week are cut at once; the first day of the range is no cut. */
function mondaysOnTheFirst({ first, last }: DayRange): number {
  const { year, month } = calendarDateOf(first)
  let count = 0
  for (let ahead = 1; firstOfMonth(year, month + ahead) <= last; ahead++) {
    if (weekdayOf(firstOfMonth(year, month + ahead)) === 0) count += 1
  }
  return count
}

const exact = (pages: number) => Math.min(pages, Number.MAX_SAFE_INTEGER)
