import { isObject, memberOf, type Json, type JsonArray } from './value.ts'

/*
 * Arrays whose items say which they are. They are compared and merged item by item: an item that
 * moved is still the same. Any other array is one value.
 */

/** What can say which item it is, the best first. */
const keyFields = ['id', 'name', 'kind'] as const

export type KeyField = (typeof keyFields)[number]

/** The field that tells apart the items of each of the arrays; undefined where none does. */
export const keyFieldOf = (...arrays: readonly JsonArray[]): KeyField | undefined =>
  keyFields.find((field) => arrays.every((items) => tellsApart(field, items)))

function tellsApart(field: KeyField, items: JsonArray): boolean {
  const keys = new Set<string>()
  for (const item of items) {
    const key = isObject(item) ? memberOf(item, field) : undefined
    if (typeof key !== 'string' || keys.has(key)) return false
    keys.add(key)
  }
  return true
}

/** An item and where it stands. */
export interface Placed {
  readonly item: Json
  readonly index: number
}

/** The items by their keys, in their order. The field must be one that tells them apart. */
export function byKey(items: JsonArray, field: KeyField): ReadonlyMap<string, Placed> {
  return new Map(items.map((item, index) => [keyOf(item, field), { item, index }]))
}

export function keyOf(item: Json, field: KeyField): string {
  const key = isObject(item) ? memberOf(item, field) : undefined
  if (typeof key !== 'string') throw new TypeError(`an item without ${field}`)
  return key
}

/** Whether those that both have stand in the same order in both. */
export function keepsOrder(
  before: ReadonlyMap<string, Placed>,
  after: ReadonlyMap<string, Placed>,
): boolean {
  let last = -1
  for (const key of before.keys()) {
    const index = after.get(key)?.index ?? last
    if (index < last) return false
    last = index
  }
  return true
}
