import { byKey, keepsOrder, keyFieldOf, type KeyField } from './keyed.ts'
import { step } from './pointer.ts'
import {
  isArray,
  isEqual,
  isObject,
  memberOf,
  type Json,
  type JsonArray,
  type JsonObject,
} from './value.ts'

/** Places inside of one object or array that are told, or kept, one by one. */
export const placesMax = 100

/**
 * Where two versions differ, as pointers to the smallest values that do. An item that says which
 * it is, is named by its place in `before`, a new one by its place in `after`; where such items
 * stand in another order, the array itself is named. So is what differs in more than `max` of what
 * stands in it.
 */
export function changedPointers(before: Json, after: Json, max = placesMax): readonly string[] {
  const places: Places = { pointers: [], max }
  collect(before, after, '', places)
  return places.pointers
}

interface Places {
  readonly pointers: string[]
  readonly max: number
}

function collect(before: Json, after: Json, pointer: string, places: Places): void {
  if (before === after) return
  if (isObject(before) && isObject(after)) {
    inside(pointer, places, collectMembers(before, after, pointer, places))
    return
  }
  if (isArray(before) && isArray(after)) {
    const field = keyFieldOf(before, after)
    if (field) {
      inside(pointer, places, collectItems(before, after, { field, pointer, places }))
      return
    }
  }
  if (!isEqual(before, after)) places.pointers.push(pointer)
}

/**
 * Looks at one thing after the other, as long as no more of them than may be differ. What comes of
 * `steps` is where each stands, once it is looked at.
 */
function inside(pointer: string, { pointers, max }: Places, steps: Iterable<string>): void {
  const begin = pointers.length
  let seen = begin
  const changed = new Set<string>()
  for (const place of steps) {
    if (pointers.length > seen) changed.add(place)
    seen = pointers.length
    if (changed.size <= max) continue
    pointers.length = begin
    pointers.push(pointer)
    return
  }
}

function* collectMembers(
  before: JsonObject,
  after: JsonObject,
  pointer: string,
  places: Places,
): Generator<string> {
  for (const name of Object.keys(before)) {
    const [old, now] = [before[name], memberOf(after, name)]
    if (old === now) continue // most are: no pointer is made for them
    yield collectEither(old, now, `${pointer}${step(name)}`, places)
  }
  for (const name of Object.keys(after)) {
    if (Object.hasOwn(before, name)) continue
    yield collectEither(undefined, after[name], `${pointer}${step(name)}`, places)
  }
}

/** The pointer, once it is looked at. */
function collectEither(
  before: Json | undefined,
  after: Json | undefined,
  pointer: string,
  places: Places,
): string {
  if (before === undefined || after === undefined) places.pointers.push(pointer)
  else collect(before, after, pointer, places)
  return pointer
}

function* collectItems(
  before: JsonArray,
  after: JsonArray,
  { field, pointer, places }: { field: KeyField; pointer: string; places: Places },
): Generator<string> {
  const [old, now] = [byKey(before, field), byKey(after, field)]
  if (!keepsOrder(old, now)) {
    places.pointers.push(pointer)
    yield pointer
  }
  for (const [key, { item, index }] of old) {
    yield collectEither(item, now.get(key)?.item, `${pointer}/${index}`, places)
  }
  for (const [key, { item, index }] of now) {
    if (!old.has(key)) yield collectEither(undefined, item, `${pointer}/${index}`, places)
  }
}
