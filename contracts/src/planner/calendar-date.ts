/*
 * Days of the calendar, counted from 1970-01-01 and written YYYY-MM-DD. They know no time zone:
 * what is computed with them is the same everywhere.
 */

const dayMs = 86_400_000

/** The number of a day; undefined where the text is no day of the calendar, as 2026-02-29. */
export function dayNumberOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const time = Date.parse(`${text}T00:00:00Z`)
  if (Number.isNaN(time)) return undefined
  const number = time / dayMs
  return dateOf(number) === text ? number : undefined
}

/** YYYY-MM-DD of a day. */
export const dateOf = (dayNumber: number) => new Date(dayNumber * dayMs).toISOString().slice(0, 10)
