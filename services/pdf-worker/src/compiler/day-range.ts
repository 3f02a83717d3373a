/*
 * Days as numbers from 1970-01-01 (a Thursday), and what they belong to: months, ISO weeks, ranges.
 */

import { calendarDateOf, dayNumber, dayNumberOf } from '@atrium/contracts/planner/calendar-date.ts'

/** From the first day to the last, both in it; empty where the last comes before the first. */
export interface DayRange {
  readonly first: number
  readonly last: number
}

export const isEmptyRange = ({ first, last }: DayRange) => last < first

export const intersection = (a: DayRange, b: DayRange): DayRange => ({
  first: Math.max(a.first, b.first),
  last: Math.min(a.last, b.last),
})

/** Monday 0 to Sunday 6. */
export const weekdayOf = (day: number) => (((day + 3) % 7) + 7) % 7

export const mondayOf = (day: number) => day - weekdayOf(day)

/** The first day of a month; months beyond 12 or below 1 are those of other years. */
export const firstOfMonth = (year: number, month: number) => dayNumber(year, month, 1)

export const monthOf = (day: number): DayRange => {
  const { year, month } = calendarDateOf(day)
  return { first: firstOfMonth(year, month), last: firstOfMonth(year, month + 1) - 1 }
}

export interface IsoWeek {
  /** The year that the week's Thursday lies in. */
  readonly year: number
  readonly week: number
}

export function isoWeekOf(day: number): IsoWeek {
  const thursday = mondayOf(day) + 3
  const { year } = calendarDateOf(thursday)
  return { year, week: Math.floor((thursday - firstOfMonth(year, 1)) / 7) + 1 }
}

/** `2026-W01`. */
export function isoWeekText(day: number): string {
  const { year, week } = isoWeekOf(day)
  return `${padded(year, 4)}-W${padded(week, 2)}`
}

export const weeksOfIsoYear = (year: number) => isoWeekOf(firstOfMonth(year, 12) + 27).week

/** The days of an ISO week; undefined where the year has no such week. */
export function daysOfIsoWeek(year: number, week: number): DayRange | undefined {
  const first = mondayOf(firstOfMonth(year, 1) + 3) + (week - 1) * 7
  const isOfYear = week >= 1 && isoWeekOf(first).year === year
  return isOfYear ? { first, last: first + 6 } : undefined
}

/** A day as YYYY-MM-DD, or the first of a month as YYYY-MM. */
export function dayFrom(text: string): number | undefined {
  const trimmed = text.trim()
  return dayNumberOf(/^\d{4}-\d{2}$/.test(trimmed) ? `${trimmed}-01` : trimmed)
}

export const padded = (value: number, digits: number) => String(value).padStart(digits, '0')
