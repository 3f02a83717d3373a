import { describe, expect, it } from 'vitest'
import {
  emailFrom,
  identifierFrom,
  normaliseEmail,
  normaliseUsername,
  personNameFrom,
} from './identifiers.ts'

describe('an e-mail address', () => {
  it.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['  ada@example.com\t', 'ada@example.com'],
    ['ada+tag@example.com', 'ada+tag@example.com'],
    ['ΟΔΟΣ@example.com', 'οδος@example.com'],
    ['οδοσ@example.com', 'οδος@example.com'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@XN--BCHER-KVA.example', 'ada@xn--bcher-kva.example'],
    ['ａｄａ@example.com', 'ada@example.com'],
  ])('%j is compared as %j', (typed, compared) => {
    expect(normaliseEmail(typed)).toBe(compared)
  })

  it.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'ada@localhost',
    'a b@example.com',
    'ada@exa mple.com',
    'ada@@example.com',
    '.ada@example.com',
    'a..b@example.com',
    'ada@-example.com',
    'ada\u0007@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${`${'b'.repeat(60)}.`.repeat(5)}com`,
  ])('%j is none', (typed) => {
    expect(normaliseEmail(typed)).toBeUndefined()
    expect(() => emailFrom(typed)).toThrow('validation-failed')
  })
})

describe('a user name', () => {
  it('is compared without regard to case and width', () => {
    expect(normaliseUsername('ＡＤＡ')).toBe('ada')
    expect(normaliseUsername('Straße')).toBe(normaliseUsername('STRASSE'))
  })

  it.each(['', 'a b', 'a@b', 'a＠b', 'a\u200bb', 'a\u00a0b', 'x'.repeat(65)])(
    '%j is none',
    (typed) => {
      expect(normaliseUsername(typed)).toBeUndefined()
    },
  )
})

it('signing in takes what has an @ for an address, also a wide one', () => {
  expect(identifierFrom(' Ada ')).toEqual({ kind: 'username', value: 'ada' })
  expect(identifierFrom('Ada＠example.com')).toEqual({ kind: 'email', value: 'ada@example.com' })
  expect(identifierFrom('ada@')).toBeUndefined()
})

it('a name that nobody could read is refused, with the field', () => {
  expect(personNameFrom('  Ada  ')).toBe('Ada')
  for (const name of ['\u3164', 'a\u202Eb', 'a\nb']) {
    expect(() => personNameFrom(name)).toThrow(
      expect.objectContaining({
        extensions: { errors: [expect.objectContaining({ pointer: '/name' })] },
      }),
    )
  }
})
