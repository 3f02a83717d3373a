import { calendarDateOf, dateOf } from '@atrium/contracts/planner/calendar-date.ts'
import { readFields, type ValuesOf } from '@atrium/contracts/planner/fields.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { dayLink } from './cell-links.ts'
import type { DayListRow } from './compiled-widget.ts'
import { isoWeekOf, monthOf, weekdayOf } from './day-range.ts'
import { placed, textStyleOf, type ResolveContext, type Resolver } from './resolve.ts'
import { startOf } from './resolve-calendar.ts'

type Given = ValuesOf<(typeof widgetFields)['day_list']['properties']>

/** All days of the month that its start lies in. */
export const resolveDayList: Resolver = ({ widget, properties }, context) => {
  const given = readFields(widgetFields.day_list.properties, properties)
  const start = startOf(given.startDate, context)
  if (/^\d{4}-\d{2}$/.test(given.startDate.trim())) {
    const detail = 'names a month, not a day of it: YYYY-MM-DD'
    context.report({ code: 'date-unreadable', field: 'startDate', detail })
  }
  const { first, last } = monthOf(start)
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  context.parts.spend(days.length)
  return {
    drawn: {
      ...placed(widget),
      type: 'day_list',
      style: textStyleOf(readFields(widgetFields.day_list.styling, widget.styling)),
      header: headerOf(given, start, context),
      rowHeight: given.rowHeight,
      rows: days.map((day) => rowOf(day, given, context)),
      showWeekNumbers: given.showWeekNumbers,
      showDayNumbers: given.showDayNumbers,
      showWeekdayNames: given.showWeekdayNames,
      weekdayFormat: given.weekdayFormat,
      showNotesLines: given.showNotesLines,
      notesLineCount: given.notesLineCount,
      weekendColor: given.weekendColor,
    },
    links: days.flatMap((day, index) => dayLink(given, index, day) ?? []),
  }
}

function headerOf(given: Given, start: number, { names }: ResolveContext) {
  const { showMonthHeader, showYearInHeader: year } = given
  if (!showMonthHeader && !year) return null
  return names.heading(start, { month: showMonthHeader ? 'long' : null, year })
}

function rowOf(day: number, given: Given, { names }: ResolveContext): DayListRow {
  const { day: dayOfMonth } = calendarDateOf(day)
  const weekday = weekdayOf(day)
  const isNewWeek = dayOfMonth === 1 || weekday === 0
  return {
    date: dateOf(day),
    week: isNewWeek ? `W${isoWeekOf(day).week}` : null,
    day: String(dayOfMonth),
    weekday: names.weekdays[given.weekdayFormat][weekday] ?? '',
    isShaded: given.highlightWeekends && weekday >= 5,
  }
}
