import { describe, expect, it } from 'vitest'
import { destinationOf, destinationOfBind } from './bind.ts'
import { createBudget } from './limits.ts'

const tokens = new Map<string, string | number>([
  ['year', 2026],
  ['month', 1],
  ['month_padded', '01'],
  ['date', '2026-01-31'],
  ['date_next', ''],
  ['month_next', ''],
  ['iso_week', '2026-W05'],
  ['index', 7],
  ['index_padded', '007'],
  ['target', 'Home:Index'],
  ['word', 'x'],
])
const nameOf = (bind: string) => {
  const destination = destinationOfBind(bind, tokens, createBudget('too-much-text', 10_000))
  return destination.kind === 'name' ? destination.name : destination.kind
}

describe('a bind names', () => {
  it.each([
    ['month(@year-@month:02d)', 'month:2026-01'],
    ['day(@date)', 'day:2026-01-31'],
    ['day({date})', 'day:2026-01-31'],
    ['notes(@index)', 'notes:page:007'],
    ['notes(7)', 'notes:page:007'],
    ['notes(1234)', 'notes:page:1234'],
    ['Notes(7)', 'notes:page:007'],
    ['notes(intro)', 'notes:intro'],
    ['habits(7)', 'habits:7'],
    ['day(@date)#notes', 'day:2026-01-31#notes'],
    ['week(@iso_week)', 'week:2026-w05'],
    ['@target', 'home:index'],
    ['{target}', 'home:index'],
    ['home:index', 'home:index'],
    ['Home:Index', 'home:index'],
    [' day(@date) ', 'day:2026-01-31'],
  ])('%s → %s', (bind, name) => {
    expect(nameOf(bind)).toBe(name)
  })
})

describe('+n and -n count from the value of a token', () => {
  it.each([
    ['notes(@index+1)', 'notes:page:008'],
    ['notes(@index-1)', 'notes:page:006'],
    ['notes({index}+1)', 'notes:page:008'],
    ['x:page:@index+1:03d', 'x:page:008'],
    ['x:page:@index:03d+1', 'x:page:008'],
    ['x:page:@index_padded+1', 'x:page:8'],
    ['year(@year-1)', 'year:2025'],
    ['year(@year+10)', 'year:2036'],
  ])('%s → %s', (bind, name) => {
    expect(nameOf(bind)).toBe(name)
  })

  it.each([
    ['month(@year-12)', 'month:2026-12'],
    ['day(@year-@month_padded-15)', 'day:2026-01-15'],
    ['day(@year-@month:02d-15)', 'day:2026-01-15'],
    ['x(@word-1)', 'x:x-1'],
  ])('but not where a date goes on, or there is no number: %s → %s', (bind, name) => {
    expect(nameOf(bind)).toBe(name)
  })
})

describe('a bind leads outside the plan', () => {
  it.each([
    'day(@date_next)',
    'day({date_next})',
    'notes(@index_next)',
    'day(@date_next)#notes',
    'month(@year-@month_next:02d)',
    'x(@month_next+1)',
  ])('%s, whose neighbour there is not', (bind) => {
    expect(nameOf(bind)).toBe('outside')
  })

  it('where nothing is left behind its colon', () => {
    expect(destinationOf('day:').kind).toBe('outside')
    expect(destinationOf('').kind).toBe('outside')
  })
})

it.each([
  'notes(@unknown)',
  'notes(@unknown_next)',
  'two words',
  'ä:1',
  'a',
  `x:${'1'.repeat(200)}`,
])('%s names nothing', (bind) => {
  expect(nameOf(bind)).toBe('invalid')
})
