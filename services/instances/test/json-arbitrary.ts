import fc from 'fast-check'
import type { Json, JsonObject } from '../src/json/value.ts'

/*
 * Documents and what people make of them: objects, arrays of items that say which they are, and
 * other arrays, edited in a few places.
 */

const names = fc.constantFrom('a', 'b', 'c', 'a/b', 'm~n', 'constructor', 'toString', '0', '')
const scalars = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, 1, 2, '', 'x', 'y'),
  fc.string({ maxLength: 3, unit: 'grapheme' }),
)
const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')

const { value, object } = fc.letrec<{ value: Json; object: JsonObject; items: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'json' },
    { arbitrary: scalars, weight: 2 },
    { arbitrary: tie('object'), weight: 3 },
    { arbitrary: tie('items'), weight: 3 },
    { arbitrary: fc.array(tie('value'), { maxLength: 2 }), weight: 1 },
  ),
  object: fc.dictionary(names, tie('value'), {
    maxKeys: 3,
    depthIdentifier: 'json',
    noNullPrototype: true,
  }),
  items: fc
    .tuple(
      fc.constantFrom('id', 'name', 'kind'),
      fc.uniqueArray(keys, { maxLength: 6 }),
      fc.array(tie('object'), { minLength: 6, maxLength: 6 }),
    )
    .map(([field, its, items]) => its.map((key, index) => ({ ...items[index], [field]: key }))),
}))

export const anyJson: fc.Arbitrary<Json> = value

const edits = fc.array(
  fc.record({
    where: fc.nat({ max: 1_000 }),
    deed: fc.constantFrom('set', 'remove', 'add', 'move'),
    at: fc.nat({ max: 10 }),
    name: names,
    key: keys,
    value,
  }),
  { maxLength: 4 },
)
type Edit = typeof edits extends fc.Arbitrary<readonly (infer Each)[]> ? Each : never

/** A document and two others that people made of it, apart from each other. */
export const threeVersions = fc
  .tuple(fc.dictionary(names, value, { minKeys: 2, noNullPrototype: true }), object, edits, edits)
  .map(([document, more, some, others]): readonly [Json, Json, Json] => {
    const base = { ...document, more }
    return [base, edited(base, some), edited(base, others)]
  })

/** Two documents, mostly one that came from the other. */
export const twoVersions = fc.oneof(
  { arbitrary: threeVersions.map(([, one, other]) => [one, other] as const), weight: 4 },
  { arbitrary: fc.tuple(value, value), weight: 1 },
)

function edited(base: Json, all: readonly Edit[]): Json {
  const copy = structuredClone(base)
  for (const edit of all) {
    const places = placesIn(copy)
    const place = places[edit.where % places.length]
    const own = { ...edit, value: structuredClone(edit.value) } // another edit may change it
    if (Array.isArray(place)) editArray(place as Json[], own)
    else if (place) editObject(place as Record<string, Json>, own)
  }
  return copy
}

function placesIn(json: Json): Json[] {
  if (typeof json !== 'object' || json === null) return []
  return [json, ...Object.values(json).flatMap((inner: Json) => placesIn(inner))]
}

function editArray(array: Json[], { deed, at, key, value: its }: Edit) {
  const place = at % (array.length + 1)
  if (deed === 'remove') array.splice(place, 1)
  else if (deed === 'set') array[place] = its
  else if (deed === 'move') array.splice(0, 0, ...array.splice(place, 1))
  else array.splice(place, 0, { id: key, name: key, kind: key, new: its })
}

function editObject(members: Record<string, Json>, { deed, name, at, value: its }: Edit) {
  const known = Object.keys(members)
  if (deed === 'remove') delete members[known[at % (known.length + 1)] ?? name]
  else if (deed === 'set') members[known[at % (known.length + 1)] ?? name] = its
  else members[name] = its
}

/**
 * Items of which two sides changed, took away and added different ones: those of even numbers are
 * one side's, those of odd numbers the other's.
 */
export const apart = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 12 }),
    fc.array(fc.constantFrom('keep', 'change', 'remove'), { minLength: 20, maxLength: 20 }),
    fc.uniqueArray(fc.integer({ min: 20, max: 39 }), { maxLength: 6 }),
    fc.array(fc.nat({ max: 12 }), { minLength: 20, maxLength: 20 }),
  )
  .map(([ids, deeds, added, places]) => {
    const base = ids.map((id) => ({ id: `i${id}`, text: 'old', size: 1 }))
    const side = (remainder: number, changes: JsonObject): Json => {
      const items: Json[] = base.flatMap((item, index) => {
        const id = ids[index] ?? 0
        const deed = id % 2 === remainder ? deeds[id] : 'keep'
        if (deed === 'remove') return []
        return deed === 'change' ? [{ ...item, ...changes }] : [item]
      })
      for (const id of added.filter((each) => each % 2 === remainder)) {
        items.splice(places[id - 20] ?? 0, 0, { id: `i${id}`, text: 'new' })
      }
      return items
    }
    return { base, one: side(0, { text: 'one' }), other: side(1, { size: 2 }) }
  })
