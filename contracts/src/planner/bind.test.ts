import { expect, it } from 'vitest'
import { isBind, isDestination } from './bind.ts'

it.each([
  'month(@year-@month:02d)',
  'day(@date)',
  'notes(@index)',
  'notes(7)',
  'notes(@index+1)',
  'notes({index_padded}-1)',
  'day(@date)#notes',
  'week(@iso_week)',
  '@target',
  '{target}',
  'home:index',
  'Home:Index',
  'day:{date}',
  'day:@year-@month_padded-01',
])('%s can name a destination', (bind) => {
  expect(isBind(bind)).toBe(true)
})

it.each([
  '',
  'day(',
  'day()',
  'day(@date',
  'day(@date))',
  'to the day',
  'day(@date) x',
  'ä',
  '-x',
  ':',
])('"%s" cannot', (bind) => {
  expect(isBind(bind)).toBe(false)
})

it('no destination may be meant at all', () => {
  expect(isDestination('')).toBe(true)
  expect(isDestination('day:{date_next}')).toBe(true)
  expect(isDestination('two words')).toBe(false)
})
