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

/**
 * Where two versions differ, as pointers to the smallest values that do. An item that says which
 * it is, is named by its place in `before`, a new one by its place in `after`; where such items
 * stand in another order, the array itself is named.
 */
export function changedPointers(before: Json, after: Json): readonly string[] {
  const pointers: string[] = []
  collect(before, after, '', pointers)
  return pointers
}

function collect(before: Json, after: Json, pointer: string, pointers: string[]): void {
  if (before === after) return
  if (isObject(before) && isObject(after)) {
    collectMembers(before, after, pointer, pointers)
    return
  }
  if (isArray(before) && isArray(after)) {
    const field = keyFieldOf(before, after)
    if (field) return collectItems(before, after, { field, pointer, pointers })
  }
  if (!isEqual(before, after)) pointers.push(pointer)
}

function collectMembers(
  before: JsonObject,
  after: JsonObject,
  pointer: string,
  pointers: string[],
): void {
  for (const name of Object.keys(before)) {
    const [old, now] = [before[name], memberOf(after, name)]
    if (old === now) continue // most are: no pointer is made for them
    collectEither(old, now, `${pointer}${step(name)}`, pointers)
  }
  for (const name of Object.keys(after)) {
    if (!Object.hasOwn(before, name)) pointers.push(`${pointer}${step(name)}`)
  }
}

function collectEither(
  before: Json | undefined,
  after: Json | undefined,
  pointer: string,
  pointers: string[],
): void {
  if (before === undefined || after === undefined) pointers.push(pointer)
  else collect(before, after, pointer, pointers)
}

function collectItems(
  before: JsonArray,
  after: JsonArray,
  { field, pointer, pointers }: { field: KeyField; pointer: string; pointers: string[] },
): void {
  const [old, now] = [byKey(before, field), byKey(after, field)]
  if (!keepsOrder(old, now)) pointers.push(pointer)
  for (const [key, { item, index }] of old) {
    collectEither(item, now.get(key)?.item, `${pointer}/${index}`, pointers)
  }
  for (const [key, { index }] of now) {
    if (!old.has(key)) pointers.push(`${pointer}/${index}`)
  }
}
