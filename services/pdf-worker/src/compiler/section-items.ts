import { calendarDateOf, dayNumberOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { PlanCalendar, Section } from '@atrium/contracts/planner/planner.ts'
import { firstOfMonth, intersection, isEmptyRange, mondayOf, type DayRange } from './day-range.ts'

/*
 * What a section repeats over: its items, within the dates that hold for it. A section without
 * dates takes the calendar's; inside an item that has dates, those bound it.
 */

export type DateMode = 'each_day' | 'each_week' | 'each_month'

export const isDateMode = (mode: Section['generate']): mode is DateMode => mode.startsWith('each_')

/** One turn of a section over dates. */
export interface DateItem {
  /** The day itself, the week's Monday (perhaps before the range), the month's first. */
  readonly date: number
  /** The days of the range that belong to it. */
  readonly days: DayRange
}

/** Dates that hold around a section, undefined where nothing around it has any. */
export interface Dated {
  /** The item that it is nested in. */
  readonly item: DayRange | undefined
  /** All of the section that this item is of: whether a date is the first or last is seen by it. */
  readonly span: DayRange | undefined
}

export const undated: Dated = { item: undefined, span: undefined }

/** The section's dates, whatever it is nested in: its own, the calendar's, those around it. */
export function spanOf(section: Section, calendar: PlanCalendar, around: Dated): DayRange {
  const first = dayOf(section.startDate) ?? dayOf(calendar.startDate) ?? around.span?.first
  const last = dayOf(section.endDate) ?? dayOf(calendar.endDate) ?? around.span?.last
  return first === undefined || last === undefined ? nothing : { first, last }
}

const nothing: DayRange = { first: 0, last: -1 }
const dayOf = (date: string | null) => (date === null ? undefined : dayNumberOf(date))

/** The dates that it repeats over: its span, within the item that it is nested in. */
export const clipped = (span: DayRange, { item }: Dated): DayRange =>
  item === undefined ? span : intersection(span, item)

/** How many items there are, without listing them. */
export function dateItemCount(mode: DateMode, range: DayRange): number {
  if (isEmptyRange(range)) return 0
  if (mode === 'each_day') return range.last - range.first + 1
  if (mode === 'each_week') return (mondayOf(range.last) - mondayOf(range.first)) / 7 + 1
  return monthIndex(range.last) - monthIndex(range.first) + 1
}

export function* dateItems(mode: DateMode, range: DayRange): Generator<DateItem> {
  const count = dateItemCount(mode, range)
  for (let index = 0; index < count; index++) {
    const days = itemDays(mode, range, index)
    yield { date: days.first, days: intersection(days, range) }
  }
}

/** All days of an item, also those beyond the range. */
function itemDays(mode: DateMode, { first }: DayRange, index: number): DayRange {
  if (mode === 'each_day') return { first: first + index, last: first + index }
  if (mode === 'each_week') {
    const monday = mondayOf(first) + index * 7
    return { first: monday, last: monday + 6 }
  }
  const { year, month } = calendarDateOf(first)
  return {
    first: firstOfMonth(year, month + index),
    last: firstOfMonth(year, month + index + 1) - 1,
  }
}

function monthIndex(day: number) {
  const { year, month } = calendarDateOf(day)
  return year * 12 + month
}
