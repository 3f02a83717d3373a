import { expect, it } from 'vitest'
import { comparableName, isReadableName } from './readable-name.ts'

it.each(['Work', 'Büro 2', '仕事', 'ورشة', '🌳', '👩‍👩‍👧', '-'])('takes %j as a name', (name) => {
  expect(isReadableName(name)).toBe(true)
})

it.each([
  '',
  ' ',
  '\u200B',
  '\u3164',
  '\uFE0F',
  'a\nb',
  'a\u0007',
  'a\u202Eb',
  'a\u2066b',
  'a\u2028b',
])('does not take %j', (name) => {
  expect(isReadableName(name)).toBe(false)
})

it('compares without regard to case, form and what nobody sees', () => {
  for (const alike of ['work', 'WORK', 'ｗｏｒｋ', 'Wo\u200Brk', 'Work\uFE0F']) {
    expect(comparableName(alike)).toBe(comparableName('Work'))
  }
  expect(comparableName('Work')).not.toBe(comparableName('Works'))
})
