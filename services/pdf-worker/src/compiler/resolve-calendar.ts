import { calendarDateOf, dateOf } from '@atrium/contracts/planner/calendar-date.ts'
import { readFields, type ValuesOf } from '@atrium/contracts/planner/fields.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { dayLink, weekLink } from './cell-links.ts'
import type { Calendar, CalendarDay, CalendarRow, TimeGrid } from './compiled-widget.ts'
import { dayFrom, firstOfMonth, isoWeekOf, monthOf, padded, weekdayOf } from './day-range.ts'
import {
  placed,
  textStyleOf,
  type PartLink,
  type ResolveContext,
  type Resolver,
} from './resolve.ts'

type Given = ValuesOf<(typeof widgetFields)['calendar']['properties']>

export const resolveCalendar: Resolver = ({ widget, properties }, context) => {
  const given = readFields(widgetFields.calendar.properties, properties)
  const start = startOf(given.startDate, context)
  const layout = layoutOf(given)
  const rows = layout === 'frame' ? [] : rowsOf(layout, given, start, context)
  context.parts.spend(rows.length * 7)
  const hasWeekNumbers = layout === 'monthly' && given.weekNumbers
  const drawn: Calendar = {
    ...placed(widget),
    type: 'calendar',
    layout,
    style: textStyleOf(readFields(widgetFields.calendar.styling, widget.styling)),
    title: titleOf(layout, given, start, context),
    weekdayLabels: labelsOf(layout, given, context),
    rows,
    hasWeekNumbers,
    showGridLines: given.showGridLines,
    gridLineWidth: given.gridLineWidth,
    cellPadding: given.cellPadding,
    cellMinSize: given.cellMinSize,
    timeGrid: layout === 'weekly' || layout === 'vertical' ? timeGridOf(given) : null,
  }
  return { drawn, links: layout === 'frame' ? [] : linksOf(drawn, given, start) }
}

/** The day that a widget starts with; one that cannot be read is told, and something stands in. */
export function startOf(text: string, { dayByDefault, report }: ResolveContext): number {
  const day = dayFrom(text)
  if (day === undefined) {
    const detail = `"${text}" is no date, written YYYY-MM-DD or YYYY-MM`
    report({ code: 'date-unreadable', field: 'startDate', detail })
  }
  return day ?? dayByDefault
}

function layoutOf({ calendarType, layoutOrientation }: Given): Calendar['layout'] {
  if (calendarType === 'custom_range') return 'frame'
  if (calendarType === 'monthly') return 'monthly'
  return layoutOrientation === 'vertical' ? 'vertical' : 'weekly'
}

function rowsOf(
  layout: 'monthly' | 'weekly' | 'vertical',
  given: Given,
  start: number,
  context: ResolveContext,
): CalendarRow[] {
  const month = monthOf(start)
  const dayOf = (day: number, text: string): CalendarDay => ({
    date: dateOf(day),
    text,
    isOutside: day < month.first || day > month.last,
    isFramed: isFramed(day, given, context),
  })
  const number = (day: number) => String(calendarDateOf(day).day)
  const rowOf = (first: number, days: readonly (CalendarDay | null)[]) => ({
    weekNumber: isoWeekOf(first).week,
    days,
  })
  const firstDay = startOfRow(layout === 'monthly' ? month.first : start, given)
  if (layout === 'weekly') {
    return [
      rowOf(
        firstDay,
        sevenFrom(firstDay).map((day) => dayOf(day, number(day))),
      ),
    ]
  }
  if (layout === 'vertical') {
    const { short } = context.names.weekdays
    return sevenFrom(firstDay).map((day) =>
      rowOf(day, [dayOf(day, `${short[weekdayOf(day)] ?? ''} ${number(day)}`)]),
    )
  }
  const needed = Math.ceil((month.last - firstDay + 1) / 7)
  return Array.from({ length: given.forceWeeks ?? needed }, (_, row) => {
    const first = firstDay + row * 7
    const days = sevenFrom(first).map((day) => {
      const isShown = given.showTrailingDays || (day >= month.first && day <= month.last)
      return isShown ? dayOf(day, number(day)) : null
    })
    return rowOf(first, days)
  })
}

function startOfRow(day: number, { firstDayOfWeek }: Given) {
  const weekday = weekdayOf(day)
  return day - (firstDayOfWeek === 'sunday' ? (weekday + 1) % 7 : weekday)
}

const sevenFrom = (first: number) => Array.from({ length: 7 }, (_, index) => first + index)

function isFramed(day: number, given: Given, { today }: ResolveContext) {
  return (given.highlightToday && day === today) || day === dayFrom(given.highlightDate)
}

function titleOf(
  layout: Calendar['layout'],
  given: Given,
  start: number,
  { names }: ResolveContext,
): string | null {
  const month = given.showMonthName ?? given.showMonthYear ?? true
  const year = given.showYear ?? given.showMonthYear ?? true
  if (layout === 'frame' || layout === 'vertical' || (!month && !year)) return null
  const heading = names.heading(start, { month: month ? given.monthNameFormat : null, year })
  return layout === 'weekly' ? `${heading} — ${names.week(isoWeekOf(start).week)}` : heading
}

function labelsOf(layout: Calendar['layout'], given: Given, { names }: ResolveContext) {
  if (!given.showWeekdays || layout === 'frame' || layout === 'vertical') return null
  const labels = names.weekdays[given.weekdayLabelStyle]
  return given.firstDayOfWeek === 'sunday' ? [...labels.slice(6), ...labels.slice(0, 6)] : labels
}

function timeGridOf(given: Given): TimeGrid | null {
  const startMinute = given.timeStartHour * 60
  const endMinute = given.timeEndHour * 60
  if (!given.showTimeGrid || endMinute <= startMinute) return null
  const labelCount = Math.floor((endMinute - startMinute) / given.timeLabelInterval) + 1
  const labels = Array.from({ length: labelCount }, (_, index) => {
    const minute = startMinute + index * given.timeLabelInterval
    return { minute, text: `${padded(Math.floor(minute / 60), 2)}:${padded(minute % 60, 2)}` }
  })
  const { timeSlotMinutes: slotMinutes, showTimeGutter: showGutter } = given
  return { startMinute, endMinute, slotMinutes, showGutter, labels }
}

/**
 * Days that link: of the month those from the start on; of a week laid out in columns those of the
 * start's year; of one in rows those of its month, from the start on.
 */
function linksOf({ layout, rows, hasWeekNumbers }: Calendar, given: Given, start: number) {
  const links: (PartLink | undefined)[] = []
  const { year } = calendarDateOf(start)
  const newYear = firstOfMonth(year, 1)
  const yearDays = { first: newYear, last: firstOfMonth(year + 1, 1) - 1 }
  rows.forEach((row, rowIndex) => {
    row.days.forEach((cell, column) => {
      const day = cell === null ? undefined : dayFrom(cell.date)
      if (cell === null || day === undefined) return
      const isOfYear = day >= yearDays.first && day <= yearDays.last
      const doesLink = layout === 'weekly' ? isOfYear : !cell.isOutside && day >= start
      if (doesLink) links.push(dayLink(given, rowIndex * row.days.length + column, day))
    })
    if (!hasWeekNumbers) return
    const firstDay = startOfRow(monthOf(start).first, given) + rowIndex * 7
    links.push(weekLink(given, given.weekLinkTemplate, rows.length * 7 + rowIndex, firstDay))
  })
  return links.filter((link) => link !== undefined)
}
