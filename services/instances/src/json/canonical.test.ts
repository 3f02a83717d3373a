import fc from 'fast-check'
import { testSeed } from '@atrium/platform/testkit/random.ts'
import { expect, it } from 'vitest'
import { anyJson } from '../../test/json-arbitrary.ts'
import { canonicalJson } from './canonical.ts'
import { gathered, step, stepsOf } from './pointer.ts'
import { isEqual, type Json } from './value.ts'

const seed = testSeed()

it('writes members in the order of RFC 8785, and numbers as its example has them', () => {
  const value = {
    numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\nA\'B"\\\\"/',
    literals: [null, true, false],
    '10': -0,
    '9': 1,
    '\ud83d\ude00': 1,
    '\ufb33': 1,
  }
  expect(canonicalJson(value)).toBe(
    '{"10":0,"9":1,"literals":[null,true,false],' +
      '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/","\ud83d\ude00":1,"\ufb33":1}',
  )
})

it(`is the same text exactly for equal values (seed ${seed})`, () => {
  fc.assert(
    fc.property(anyJson, anyJson, (a, b) => {
      expect(canonicalJson(a) === canonicalJson(b)).toBe(isEqual(a, b))
      const again = JSON.parse(canonicalJson(a)) as Json
      expect(isEqual(again, a)).toBe(true)
    }),
    { seed, numRuns: 300 },
  )
})

it('gathers many pointers under what holds them, the deepest first', () => {
  const pointers = ['/name', '/a/0/x', '/a/0/y', '/a/1/x', '/b/c/d/e']
  expect(gathered(pointers, 5)).toEqual(pointers)
  expect(gathered(pointers, 4)).toEqual(['/name', '/a/0', '/a/1', '/b/c'])
  expect(gathered(pointers, 3)).toEqual(['/name', '/a', '/b'])
  expect(gathered(pointers, 2)).toEqual([''])
})

it(`reads each pointer as it was written (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (steps) => {
      expect(stepsOf(steps.map(step).join(''))).toEqual(steps)
    }),
    { seed },
  )
})
