import { expect, it } from 'vitest'
import { calendarDateOf, dateOf, dayNumber, dayNumberOf } from './calendar-date.ts'

it('agrees with the calendar of the runtime over five centuries', () => {
  const others: string[] = []
  for (let day = -60_000; day < 120_000; day++) {
    const text = new Date(day * 86_400_000).toISOString().slice(0, 10)
    if (dateOf(day) !== text || dayNumberOf(text) !== day) others.push(text)
  }
  expect(others).toEqual([])
})

it.each(['2026-02-29', '2026-13-01', '2026-00-10', '2026-1-1', '20260101', '', '2026-01-32'])(
  '"%s" is no day',
  (text) => {
    expect(dayNumberOf(text)).toBeUndefined()
  },
)

it('knows leap days, also of years that end a century', () => {
  expect(dayNumberOf('2024-02-29')).toBeDefined()
  expect(dayNumberOf('2000-02-29')).toBeDefined()
  expect(dayNumberOf('1900-02-29')).toBeUndefined()
})

it('counts months beyond the year as those of others', () => {
  expect(calendarDateOf(dayNumber(2026, 13, 1))).toEqual({ year: 2027, month: 1, day: 1 })
  expect(calendarDateOf(dayNumber(2026, 0, 1))).toEqual({ year: 2025, month: 12, day: 1 })
  expect(calendarDateOf(dayNumber(2026, 3, 0))).toEqual({ year: 2026, month: 2, day: 28 })
})
