import fc from 'fast-check'
import specification from 'json-patch-test-suite/spec_tests.json' with { type: 'json' }
import more from 'json-patch-test-suite/tests.json' with { type: 'json' }
import { testSeed } from '@atrium/platform/testkit/random.ts'
import { describe, expect, it } from 'vitest'
import { twoVersions } from '../../test/json-arbitrary.ts'
import { diff } from './diff.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyPatch, PatchFailed, type PatchOperation } from './patch.ts'
import { isEqual, type Json } from './value.ts'

const seed = testSeed()

interface SuiteCase {
  readonly comment?: string
  readonly doc: Json
  readonly patch: readonly PatchOperation[]
  readonly expected?: Json
  readonly error?: string
  readonly disabled?: boolean
}

/** What the schema of the route refuses before: members that are missing, unknown operations. */
const wellFormed = ({ patch }: SuiteCase) =>
  patch.every(
    (operation: { op: string; path?: unknown; from?: unknown; value?: unknown }) =>
      ['add', 'remove', 'replace', 'move', 'copy', 'test'].includes(operation.op) &&
      typeof operation.path === 'string' &&
      (!['move', 'copy'].includes(operation.op) || typeof operation.from === 'string') &&
      (!['add', 'replace', 'test'].includes(operation.op) || operation.value !== undefined),
  )

const cases = ([...specification, ...more] as readonly SuiteCase[])
  .filter((each) => each.disabled !== true && wellFormed(each))
  .map((each, index) => ({ ...each, title: `${index} ${each.comment ?? each.error ?? ''}` }))

describe('a JSON Patch, by the suite of RFC 6902', () => {
  it('has the suite to be held against', () => {
    expect(cases.length).toBeGreaterThan(80)
  })

  it.each(cases)('$title', ({ doc, patch, expected, error }) => {
    const before = JSON.stringify(doc)
    if (error === undefined) expect(applyPatch(doc, patch)).toEqual(expected ?? doc)
    else expect(() => applyPatch(doc, patch)).toThrow(PatchFailed)
    expect(JSON.stringify(doc)).toBe(before)
  })
})

describe('a JSON Patch', () => {
  const refusal = (document: Json, ...patch: readonly PatchOperation[]) => {
    try {
      applyPatch(document, patch)
      return undefined
    } catch (error) {
      if (error instanceof PatchFailed) return [error.index, error.member, error.code]
      throw error
    }
  }

  it('tells which operation is at fault, and where', () => {
    const fine = { op: 'add', path: '/a', value: 1 } as const
    expect(refusal({}, fine, { op: 'remove', path: '/b' })).toEqual([1, 'path', 'not-found'])
    expect(refusal({}, { op: 'move', from: '/b', path: '/c' })).toEqual([0, 'from', 'not-found'])
    expect(refusal({}, fine, { op: 'test', path: '/a', value: 2 })).toEqual([
      1,
      'value',
      'test-failed',
    ])
    expect(refusal({}, { op: 'add', path: 'a', value: 1 })).toEqual([0, 'path', 'wrong-format'])
  })

  it('reaches no prototype', () => {
    for (const path of ['/__proto__', '/__proto__/polluted', '/a/__proto__/polluted']) {
      expect(refusal({ a: {} }, { op: 'add', path, value: {} })).toEqual([0, 'path', 'not-allowed'])
    }
    expect(refusal({}, { op: 'add', path: '/constructor/prototype/polluted', value: 1 })).toEqual([
      0,
      'path',
      'not-found',
    ])
    const inherited = { op: 'copy', from: '/toString', path: '/a' } as const
    expect(refusal({}, inherited)).toEqual([0, 'from', 'not-found'])
    expect({}).not.toHaveProperty('polluted')
  })

  it('changes a copy without what it was copied from, and the other way round', () => {
    const patch: PatchOperation[] = [
      { op: 'add', path: '/a/x', value: 1 },
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/x', value: 2 },
      { op: 'add', path: '/a/y', value: 3 },
    ]
    expect(applyPatch({ a: {} }, patch)).toEqual({ a: { x: 1, y: 3 }, b: { x: 2 } })
  })

  // A patch of 1,000 copies took 16 s where each copied all that it went into.
  it('copies what an operation goes into once for all operations', () => {
    const members = Object.fromEntries(Array.from({ length: 19_000 }, (_, at) => [`n${at}`, at]))
    const items = Array.from({ length: 400_000 }, () => 1)
    const copies = Array.from({ length: 1_000 }, (_, at): PatchOperation => {
      return { op: 'copy', from: '/x', path: at % 2 ? '/items/0' : `/members/c${at}` }
    })
    const after = applyPatch({ x: 1, members, items }, copies) as { items: Json[]; members: Json }
    expect([after.items.length, Object.keys(after.members ?? {}).length]).toEqual([400_500, 19_500])
  })

  it('refuses to copy what is nested deeper than any document', () => {
    const nested = (): Json => JSON.parse(`${'['.repeat(30)}${']'.repeat(30)}`) as Json
    const deeper = Array.from({ length: 300 }, (): PatchOperation[] => [
      { op: 'add', path: '/b', value: nested() },
      { op: 'move', from: '/a', path: `/b${'/0'.repeat(29)}/-` },
      { op: 'move', from: '/b', path: '/a' },
    ]).flat()
    const copy = { op: 'copy', from: '/a', path: '/c' } as const
    expect(refusal({ a: nested() }, ...deeper)).toBeUndefined()
    expect(refusal({ a: nested() }, ...deeper, copy)).toEqual([900, 'from', 'too-large'])
  })

  it('does not let a few copies become a document without end', () => {
    const doubling = Array.from({ length: 60 }, (_, index) => ({
      op: 'copy' as const,
      from: '',
      path: `/${index}`,
    }))
    expect(refusal({ text: 'x'.repeat(1_000) }, ...doubling)?.slice(1)).toEqual([
      'from',
      'too-large',
    ])
  })

  it('changes a copied value in one of its two places alone', () => {
    const patched = applyPatch({ a: { x: { y: 1 } } }, [
      { op: 'replace', path: '/a/x/y', value: 2 },
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'replace', path: '/a/x/y', value: 3 },
      { op: 'replace', path: '/b/x/y', value: 4 },
    ])
    expect(patched).toEqual({ a: { x: { y: 3 } }, b: { x: { y: 4 } } })
  })
})

describe(`the patch that we compute (seed ${seed})`, () => {
  it('makes the one of the other, and leaves both as they were', () => {
    fc.assert(
      fc.property(twoVersions, ([before, after]) => {
        const texts = JSON.stringify([before, after])
        const patched = applyPatch(before, diff(before, after))
        expect(isEqual(patched, after)).toBe(true)
        expect(JSON.stringify([before, after])).toBe(texts)
      }),
      { seed, numRuns: 300 },
    )
  })

  it('is empty exactly where both are equal, and never longer than saying all anew', () => {
    fc.assert(
      fc.property(twoVersions, ([before, after]) => {
        const patch = diff(before, after)
        expect(patch.length === 0).toBe(isEqual(before, after))
        const anew = JSON.stringify([{ op: 'replace', path: '', value: after }])
        if (patch.length > 1) expect(JSON.stringify(patch).length).toBeLessThan(anew.length + 40)
      }),
      { seed, numRuns: 300 },
    )
  })

  const planner = (...widgets: readonly Json[]): Json => ({ masters: [{ name: 'day', widgets }] })
  const widget = (id: string, text = 'a rather long text that is costly to say again') => ({
    id,
    type: 'text_block',
    text,
  })
  const [a, b, c, d] = [widget('a'), widget('b'), widget('c'), widget('d')]

  it('names what changed in an item, wherever the item stands', () => {
    expect(diff(planner(a, b, c), planner(a, widget('b', 'new'), c))).toEqual([
      { op: 'replace', path: '/masters/0/widgets/1/text', value: 'new' },
    ])
  })

  it('adds, removes and moves single items', () => {
    expect(diff(planner(a, b, c), planner(a, d, b, c))).toEqual([
      { op: 'add', path: '/masters/0/widgets/1', value: d },
    ])
    expect(diff(planner(a, b, c), planner(a, c))).toEqual([
      { op: 'remove', path: '/masters/0/widgets/1' },
    ])
    expect(diff(planner(a, b, c, d), planner(d, a, b, c))).toEqual([
      { op: 'move', from: '/masters/0/widgets/3', path: '/masters/0/widgets/0' },
    ])
  })

  it('says an array anew that would take too long to rearrange', () => {
    const items = Array.from({ length: 20_000 }, (_, index) => ({ id: `i${index}`, x: index }))
    const reversed = items.toReversed()
    expect(diff({ items }, { items: reversed })).toEqual([
      { op: 'replace', path: '/items', value: reversed },
    ])
  })

  it('replaces an array whose items do not say which they are', () => {
    expect(diff({ list: [1, 2, 3] }, { list: [1, 3] })).toEqual([
      { op: 'replace', path: '/list', value: [1, 3] },
    ])
    const twice = [{ id: 'a' }, { id: 'a' }]
    expect(diff({ list: [{ id: 'a' }] }, { list: twice })).toEqual([
      { op: 'replace', path: '/list', value: twice },
    ])
  })
})

describe('a JSON Merge Patch', () => {
  // RFC 7396, appendix A.
  it.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (target, patch, result) => {
    expect(applyMergePatch(target, patch)).toEqual(result)
  })
})
