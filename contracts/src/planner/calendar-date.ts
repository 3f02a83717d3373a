/*
 * Days of the calendar, counted from 1970-01-01 and written YYYY-MM-DD. They know no time zone:
 * what is computed with them is the same everywhere.
 */

export interface CalendarDate {
  readonly year: number
  /** January 1. */
  readonly month: number
  readonly day: number
}

/** The number of a day; undefined where the text is no day of the calendar, as 2026-02-29. */
export function dayNumberOf(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return undefined
  const number = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]))
  return dateOf(number) === text ? number : undefined
}

/** YYYY-MM-DD of a day. */
export function dateOf(day: number): string {
  const { year, month, day: dayOfMonth } = calendarDateOf(day)
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(dayOfMonth, 2)}`
}

const padded = (value: number, digits: number) => String(value).padStart(digits, '0')

// Counted in years that begin with March, so that a leap day is the last of its year, and in eras
// of 400 years, after which the calendar repeats.
const daysOfEra = 146_097
const daysBefore1970 = 719_468

/** Of any day of a month: the 0th is the last of the month before, month 13 the next January. */
export function dayNumber(year: number, month: number, day: number): number {
  const months = year * 12 + month - 3
  const marchYear = Math.floor(months / 12)
  const marchMonth = months - marchYear * 12
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1
  return era * daysOfEra + yearOfEra * 365 + leapDays + dayOfYear - daysBefore1970
}

export function calendarDateOf(day1970: number): CalendarDate {
  const days = day1970 + daysBefore1970
  const era = Math.floor(days / daysOfEra)
  const dayOfEra = days - era * daysOfEra
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}
