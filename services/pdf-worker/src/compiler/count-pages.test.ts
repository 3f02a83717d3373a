import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { expect, it } from 'vitest'
import { plannerContent, section } from '../../test/planner-content.ts'
import { countPages } from './count-pages.ts'

const year = { startDate: '2026-01-01', endDate: '2026-12-31' }
const leapYear = { startDate: '2024-01-01', endDate: '2024-12-31' }
const pagesOf = (sections: readonly object[], plan: object = {}) =>
  countPages(normalisePlanner(plannerContent({ masters: {}, sections, ...plan })))

it.each([
  ['once', section('a'), 1],
  ['once, of three pages', section('a', { pagesPerItem: 3 }), 3],
  ['each day of a year', section('a', { generate: 'each_day', ...year }), 365],
  ['each day of a leap year', section('a', { generate: 'each_day', ...leapYear }), 366],
  [
    'each week of a year that begins on a Thursday',
    section('a', { generate: 'each_week', ...year }),
    53,
  ],
  ['each month of a year', section('a', { generate: 'each_month', ...year }), 12],
  [
    'each month that a range touches',
    section('a', { generate: 'each_month', startDate: '2026-01-31', endDate: '2026-03-01' }),
    3,
  ],
  ['a count', section('a', { generate: 'count', count: 7 }), 7],
  ['a count of none', section('a', { generate: 'count', count: 0 }), 0],
  [
    'an end before the start',
    section('a', { generate: 'each_day', startDate: '2026-02-01', endDate: '2026-01-01' }),
    0,
  ],
  [
    'the days of each month, once',
    section('a', {
      generate: 'each_month',
      ...year,
      nested: [section('b', { generate: 'each_day' })],
    }),
    12 + 365,
  ],
  [
    'weeks of each month, those of two months twice',
    section('a', {
      generate: 'each_month',
      startDate: '2026-01-01',
      endDate: '2026-02-28',
      nested: [section('b', { generate: 'each_week' })],
    }),
    2 + 5 + 5,
  ],
  [
    'a count in each day',
    section('a', {
      generate: 'each_day',
      ...leapYear,
      nested: [section('b', { generate: 'count', count: 2, pagesPerItem: 3 })],
    }),
    366 * 7,
  ],
])('%s', (_, given, pages) => {
  expect(pagesOf([given])).toBe(pages)
})

it('weeks and months that are cut on the same day make one piece less', () => {
  // 1 June 2026 is a Monday.
  const range = { startDate: '2026-05-01', endDate: '2026-06-30' }
  const weeks = section('b', { generate: 'each_week' })
  const months = section('a', { generate: 'each_month', ...range, nested: [weeks] })
  expect(pagesOf([months])).toBe(2 + 5 + 5)
  const turned = section('a', { generate: 'each_month' })
  const outer = section('b', { generate: 'each_week', ...range, nested: [turned] })
  expect(pagesOf([outer])).toBe(10 + 10)
})

it('an order that names a kind twice has its pages twice', () => {
  const sections = [section('a'), section('b', { generate: 'count', count: 5 })]
  expect(pagesOf(sections, { order: ['b', 'a', 'b'] })).toBe(11)
})

it('a section without dates takes those of the calendar', () => {
  expect(pagesOf([section('a', { generate: 'each_day' })], { calendar: leapYear })).toBe(366)
})

it('is exact for what would never be made', () => {
  const deep = (kind: string, nested: readonly object[]) =>
    section(kind, { generate: 'count', count: 1_000, nested })
  const sections = [deep('a', [deep('b', [deep('c', [deep('d', [])])])])]
  expect(pagesOf(sections)).toBe(1_000 + 1_000 ** 2 + 1_000 ** 3 + 1_000 ** 4)
})

it('counts days within days within a hundred years without listing them', () => {
  const century = { startDate: '1950-01-01', endDate: '2049-12-31' }
  const days = (kind: string, nested: readonly object[] = []) =>
    section(kind, { generate: 'each_day', nested })
  const around = (kind: string, nested: readonly object[]) =>
    section(kind, { generate: 'count', count: 1_000_000, pagesPerItem: 1_000, nested })
  const sections = [{ ...days('a', [around('b', [days('c', [days('d')])])]), ...century }]
  const dayCount = 36_525
  expect(pagesOf(sections)).toBe(dayCount * (1 + 1_000_000 * (1_000 + 2)))
})

it('stops at the largest whole number', () => {
  const huge = (kind: string, nested: readonly object[]) =>
    section(kind, { generate: 'count', count: 1_000_000, pagesPerItem: 1_000, nested })
  const sections = [huge('a', [huge('b', [huge('c', [huge('d', [])])])])]
  expect(pagesOf(sections)).toBe(Number.MAX_SAFE_INTEGER)
})
