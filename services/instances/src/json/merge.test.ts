import fc from 'fast-check'
import { testSeed } from '@atrium/platform/testkit/random.ts'
import { describe, expect, it } from 'vitest'
import { apart, threeVersions, twoVersions } from '../../test/json-arbitrary.ts'
import { changedPointers } from './changes.ts'
import { merge } from './merge.ts'
import { isEqual, type Json } from './value.ts'

const seed = testSeed()
const runs = { seed, numRuns: 300 }

describe(`a three-way merge (seed ${seed})`, () => {
  it('takes the one side where the other changed nothing, and what both say alike', () => {
    fc.assert(
      fc.property(twoVersions, ([base, other]) => {
        for (const [theirs, yours] of [
          [other, base],
          [base, other],
          [other, other],
        ] as const) {
          const merged = merge(base, theirs, yours)
          expect(merged.conflicts).toEqual([])
          expect(isEqual(merged.value, other)).toBe(true)
        }
      }),
      runs,
    )
  })

  it('is the same whoever came first, where nothing meets', () => {
    fc.assert(
      fc.property(threeVersions, ([base, one, other]) => {
        const [there, back] = [merge(base, one, other), merge(base, other, one)]
        expect(there.conflicts.length === 0).toBe(back.conflicts.length === 0)
        if (there.conflicts.length === 0) expect(isEqual(there.value, back.value)).toBe(true)
      }),
      runs,
    )
  })

  it('has every change of both sides where they changed different items', () => {
    fc.assert(
      fc.property(apart, ({ base, one, other }) => {
        const merged = merge(base, one, other)
        expect(merged.conflicts).toEqual([])
        expect(isEqual(merged.value, merge(base, other, one).value)).toBe(true)
        const byId = (items: Json) =>
          new Map((items as { id: string }[]).map((item) => [item.id, item]))
        const [old, first, second] = [byId(base), byId(one), byId(other)]
        const result = byId(merged.value)
        for (const id of new Set([...old.keys(), ...first.keys(), ...second.keys()])) {
          const [was, mine, yours] = [old.get(id), first.get(id), second.get(id)]
          expect(result.get(id)).toEqual(mine === was || isEqual(mine, was) ? yours : mine)
        }
      }),
      runs,
    )
  })
})

describe('a three-way merge', () => {
  const list = (...items: readonly Json[]): Json => ({ widgets: items })
  const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, x: 0, y: 0 })) as [object, object, object]
  const with_ = (item: object, members: object) => ({ ...item, ...members }) as Json
  const items = (...all: readonly object[]) => list(...(all as readonly Json[]))

  it('merges inside one item', () => {
    expect(
      merge(items(a, b), list(with_(a, { x: 1 }), b as Json), list(with_(a, { y: 2 }), b as Json)),
    ).toEqual({ value: list(with_(a, { x: 1, y: 2 }), b as Json), conflicts: [] })
  })

  it('names the smallest place that both changed', () => {
    const merged = merge(
      items(a, b),
      items(b, with_(a, { x: 1 }) as object),
      list(with_(a, { x: 2 })),
    )
    expect(merged.conflicts).toEqual(['/widgets/0/x'])
  })

  it('finds a conflict where one side takes away what the other changed', () => {
    expect(merge(items(a, b), items(b), list(with_(a, { x: 2 }), b as Json)).conflicts).toEqual([
      '/widgets/0',
    ])
  })

  it('keeps the order that one side made, with what the other added', () => {
    const added = { id: 'new' }
    const merged = merge(items(a, b, c), items(c, a, b), items(a, added, b, c))
    expect(merged).toEqual({ value: items(c, a, added, b), conflicts: [] })
  })

  it('finds a conflict where both reordered, each in its own way', () => {
    expect(merge(items(a, b, c), items(c, a, b), items(b, a, c)).conflicts).toEqual(['/widgets'])
  })

  it('takes other arrays as one value', () => {
    expect(merge({ list: [1, 2] }, { list: [1, 2, 3] }, { list: [0, 1, 2] }).conflicts).toEqual([
      '/list',
    ])
  })

  // Where each new item copied those before it, these took minutes.
  it('puts 100,000 new items of each side in order', () => {
    const added = (side: string): Json[] =>
      Array.from({ length: 100_000 }, (_, at) => ({ id: `${side}${at}` }))
    const merged = merge({ list: [] }, { list: added('t') }, { list: added('y') })
    expect(merged.conflicts).toEqual([])
    expect(isEqual(merged.value, { list: [...added('t'), ...added('y')] })).toBe(true)
  })

  it('finds one conflict where there are more than a thousand', () => {
    const members = (value: number) =>
      Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`n${at}`, value]))
    const merged = merge({ a: members(1), b: 1 }, { a: members(2), b: 1 }, { a: members(3), b: 2 })
    expect(merged).toEqual({ value: { a: members(2), b: 2 }, conflicts: ['/a'] })
  })

  it('treats names of every object as any other', () => {
    const merged = merge({}, { constructor: 1 }, { toString: 2 })
    expect(merged).toEqual({ value: { constructor: 1, toString: 2 }, conflicts: [] })
  })
})

describe(`changed places (seed ${seed})`, () => {
  it('are none exactly where both are equal', () => {
    fc.assert(
      fc.property(twoVersions, ([before, after]) => {
        expect(changedPointers(before, after).length === 0).toBe(isEqual(before, after))
      }),
      runs,
    )
  })

  it('are told by what holds them where there are many, and nothing else is told', () => {
    const leadsTo = (place: string, pointer: string) => `${pointer}/`.startsWith(`${place}/`)
    fc.assert(
      fc.property(twoVersions, fc.integer({ min: 1, max: 4 }), ([before, after], max) => {
        const each = changedPointers(before, after, Infinity)
        const some = changedPointers(before, after, max)
        for (const pointer of each) {
          expect(some.filter((place) => leadsTo(place, pointer))).not.toEqual([])
        }
        for (const place of some) {
          expect(each.filter((pointer) => leadsTo(place, pointer))).not.toEqual([])
        }
      }),
      runs,
    )
  })

  it('are one where more than 100 of what stands somewhere differ', () => {
    const members = (count: number, value: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, value]))
    const of = (value: number) => ({ few: members(100, value), many: members(101, value), x: 1 })
    const pointers = changedPointers(of(1), of(2))
    expect([pointers.length, pointers.at(-1)]).toEqual([101, '/many'])
  })

  it('name an item by where it stood, and a new one by where it stands', () => {
    const before = {
      masters: [
        { name: 'a', w: 1 },
        { name: 'b', w: 1 },
      ],
    }
    const after = { masters: [{ name: 'new' }, { name: 'b', w: 2 }] }
    expect(changedPointers(before, after)).toEqual(['/masters/0', '/masters/1/w', '/masters/0'])
  })
})
