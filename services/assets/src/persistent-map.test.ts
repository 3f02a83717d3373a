import { expect, it } from 'vitest'
import { emptyMap } from './persistent-map.ts'

it('keeps what was put in, and leaves the map before as it was', () => {
  const none = emptyMap<number>()
  const one = none.with('a', 1)
  const two = one.with('b', 2).with('a', 3)
  expect([none.size, one.size, two.size]).toEqual([0, 1, 2])
  expect([none.get('a'), one.get('a'), two.get('a'), two.get('b')]).toEqual([undefined, 1, 3, 2])
  expect([one.has('b'), two.has('b'), two.has('c')]).toEqual([false, true, false])
})

it('loses what is taken out, and nothing where there is nothing', () => {
  const one = emptyMap<number>().with('a', 1)
  expect(one.without('a').size).toBe(0)
  expect(one.without('a').has('a')).toBe(false)
  expect(one.without('b').size).toBe(1)
  expect(one.get('a')).toBe(1)
})

it('agrees with a plain map of thousands', () => {
  const plain = new Map<string, number>()
  let map = emptyMap<number>()
  for (let index = 0; index < 5_000; index += 1) {
    const key = `ast_${((index * 7_919) % 3_000).toString(16).padStart(32, '0')}`
    if (index % 3 === 2) {
      plain.delete(key)
      map = map.without(key)
    } else {
      plain.set(key, index)
      map = map.with(key, index)
    }
  }
  expect(map.size).toBe(plain.size)
  expect(new Map(map.entries())).toEqual(plain)
})
