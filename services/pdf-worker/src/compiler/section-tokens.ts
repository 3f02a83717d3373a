import { calendarDateOf, dateOf } from '@atrium/contracts/planner/calendar-date.ts'
import type { Section } from '@atrium/contracts/planner/planner.ts'
import {
  isoWeekOf,
  isoWeekText,
  padded,
  weekdayOf,
  weeksOfIsoYear,
  type IsoWeek,
} from './day-range.ts'
import type { LocaleNames } from './locale-names.ts'
import type { DateMode } from './section-items.ts'
import type { TokenValue } from './token-format.ts'

type Entry = readonly [name: string, value: TokenValue]

/** Where an item stands among those of its section. */
export interface Place {
  /** From 0. */
  readonly index: number
  readonly total: number
  /** Whether anything of its section comes before it, or after. */
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** What a date says of itself and its neighbours. Beyond the section's dates they are empty. */
export function dateTokens(
  mode: DateMode,
  day: number,
  { isFirst, isLast }: Place,
  names: LocaleNames,
): Entry[] {
  const { year, month, day: dayOfMonth } = calendarDateOf(day)
  const week = isoWeekOf(day)
  const prev = (value: TokenValue) => (isFirst ? '' : value)
  const next = (value: TokenValue) => (isLast ? '' : value)
  return [
    ['date', dateOf(day)],
    ['date_long', names.dateLong(day)],
    ['year', year],
    ['month', month],
    ['month_padded', padded(month, 2)],
    ['month_padded3', padded(month, 3)],
    ['month_name', names.months.long[month - 1] ?? ''],
    ['day', dayOfMonth],
    ['day_padded', padded(dayOfMonth, 2)],
    ['weekday', names.weekdays.full[weekdayOf(day)] ?? ''],
    ['week', week.week],
    ['date_prev', prev(dateOf(day - 1))],
    ['date_next', next(dateOf(day + 1))],
    ['month_prev', prev(month === 1 ? 12 : month - 1)],
    ['month_next', next(month === 12 ? 1 : month + 1)],
    ['year_prev', prev(year - 1)],
    ['year_next', next(year + 1)],
    ['week_prev', prev(weekBefore(week))],
    ['week_next', next(weekAfter(week))],
    ...(mode === 'each_week' ? isoWeekEntries(day, prev, next) : []),
  ]
}

function isoWeekEntries(
  monday: number,
  prev: (value: TokenValue) => TokenValue,
  next: (value: TokenValue) => TokenValue,
): Entry[] {
  return [
    ['iso_week', isoWeekText(monday)],
    ['iso_week_prev', prev(isoWeekText(monday - 7))],
    ['iso_week_next', next(isoWeekText(monday + 7))],
  ]
}

// The number alone does not tell the year: beyond it there is none.
const weekBefore = ({ week }: IsoWeek) => (week === 1 ? '' : week - 1)
const weekAfter = ({ year, week }: IsoWeek) => (week === weeksOfIsoYear(year) ? '' : week + 1)

export const indexTokens = ({ index, total }: Place): Entry[] => [
  ['index', index + 1],
  ['index_padded', padded(index + 1, 3)],
  ['total', total],
]

/** A counter's value for an item. Before the first there is none, nor after the last. */
export function counterTokens(section: Section, { index, total }: Place): Entry[] {
  const isOnce = section.generate === 'once'
  return Object.entries(section.counters).flatMap(([name, { start, step }]): Entry[] => {
    const value = start + index * step
    return [
      [name, value],
      ...(index > 0 || isOnce ? [[`${name}_prev`, value - step] as const] : []),
      ...(index < total - 1 || isOnce ? [[`${name}_next`, value + step] as const] : []),
    ]
  })
}
