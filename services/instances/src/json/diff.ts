import { byKey, keepsOrder, keyFieldOf, type KeyField, type Placed } from './keyed.ts'
import { step } from './pointer.ts'
import {
  isArray,
  isEqual,
  isLongerThan,
  isObject,
  lengthUpTo,
  memberOf,
  type Json,
  type JsonArray,
  type JsonObject,
} from './value.ts'

/** What a patch of ours consists of: RFC 6902 without `copy` and `test`. */
export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move'; readonly from: string; readonly path: string }

/**
 * The patch that makes `after` of `before`; empty where they are equal. Items that say which they
 * are are changed, moved, added and removed one by one. Whatever would take more text to change
 * than to say anew is replaced.
 */
export function diff(before: Json, after: Json): readonly Operation[] {
  const patch: Patch = { operations: [], length: 0 }
  compare(before, after, '', patch)
  return patch.operations
}

interface Patch {
  operations: Operation[]
  /** Of the operations' JSON. */
  length: number
}

function push(patch: Patch, operation: Operation) {
  patch.operations.push(operation)
  const { path } = operation
  if ('value' in operation) patch.length += lengthUpTo(operation.value, Number.MAX_SAFE_INTEGER)
  if ('from' in operation) patch.length += operation.from.length
  patch.length += path.length + frameLength
}

/** Of an operation's JSON without path and value, about. */
const frameLength = 32

function compare(before: Json, after: Json, path: string, patch: Patch): void {
  if (before === after) return
  if (isObject(before) && isObject(after)) {
    shortened(after, path, patch, () => compareMembers(before, after, path, patch))
    return
  }
  if (isArray(before) && isArray(after)) {
    const field = keyFieldOf(before, after)
    if (field) {
      const items = { field, path, patch }
      shortened(after, path, patch, () => compareItems(before, after, items))
      return
    }
  }
  if (!isEqual(before, after)) push(patch, { op: 'replace', path, value: after })
}

/** What `compareInside` finds, or one replacement where that is shorter. */
function shortened(after: Json, path: string, patch: Patch, compareInside: () => void): void {
  const { length } = patch
  const count = patch.operations.length
  compareInside()
  const isOne = patch.operations.length <= count + 1
  if (isOne || isLongerThan(after, patch.length - length)) return
  patch.operations.length = count
  patch.length = length
  push(patch, { op: 'replace', path, value: after })
}

function compareMembers(before: JsonObject, after: JsonObject, path: string, patch: Patch): void {
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(after, name)) push(patch, { op: 'remove', path: `${path}${step(name)}` })
  }
  for (const name of Object.keys(after)) {
    const value = after[name] as Json
    const old = memberOf(before, name)
    if (old === value) continue // most are: no path is made for them
    const inside = `${path}${step(name)}`
    if (old === undefined) push(patch, { op: 'add', path: inside, value })
    else compare(old, value, inside, patch)
  }
}

function compareItems(
  before: JsonArray,
  after: JsonArray,
  { field, path, patch }: { field: KeyField; path: string; patch: Patch },
): void {
  const [old, wanted] = [byKey(before, field), byKey(after, field)]
  const staying = stayingOf(old, wanted)
  if ((wanted.size - staying.size) * wanted.size > arrangingMax) {
    push(patch, { op: 'replace', path, value: after })
    return
  }
  for (const [key, { index }] of [...old].reverse()) {
    if (!wanted.has(key)) push(patch, { op: 'remove', path: `${path}/${index}` })
  }
  arrange(old, wanted, staying, path, patch)
  for (const [key, { item, index }] of wanted) {
    const was = old.get(key)
    if (was) compare(was.item, item, `${path}/${index}`, patch)
  }
}

/** Items that come or move, times items among which they do: beyond it the array is said anew. */
const arrangingMax = 100_000_000

/** As few items as possible move: those of a longest run that is in order already stay. */
function stayingOf(
  old: ReadonlyMap<string, Placed>,
  wanted: ReadonlyMap<string, Placed>,
): ReadonlySet<string> {
  const keys = [...old.keys()].filter((key) => wanted.has(key))
  if (keepsOrder(old, wanted)) return new Set(keys)
  const places = keys.map((key) => wanted.get(key)?.index ?? 0)
  return new Set(longestRising(places).flatMap((place) => keys[place] ?? []))
}

/** Brings what is left into the wanted order and adds what is new. */
function arrange(
  old: ReadonlyMap<string, Placed>,
  wanted: ReadonlyMap<string, Placed>,
  staying: ReadonlySet<string>,
  path: string,
  patch: Patch,
): void {
  const keys = [...old.keys()].filter((key) => wanted.has(key))
  // Up to `place`, all is as it is wanted; each next one goes right behind.
  let place = -1
  for (const [key, { item }] of wanted) {
    if (staying.has(key)) {
      place = keys.indexOf(key, place + 1)
      continue
    }
    const from = old.has(key) ? keys.indexOf(key) : -1
    if (from !== -1) {
      keys.splice(from, 1)
      if (from <= place) place -= 1
    }
    place += 1
    keys.splice(place, 0, key)
    const to = `${path}/${place}`
    if (from === -1) push(patch, { op: 'add', path: to, value: item })
    else if (from !== place) push(patch, { op: 'move', from: `${path}/${from}`, path: to })
  }
}

/** The places of a longest rising run of different numbers. */
function longestRising(numbers: readonly number[]): number[] {
  const ends: number[] = [] // ends[n]: the place whose number is the lowest end of a run of n + 1
  const before: number[] = []
  const at = (place: number | undefined) => numbers[place ?? -1] ?? -1
  numbers.forEach((number, place) => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (at(ends[middle]) < number) low = middle + 1
      else high = middle
    }
    before[place] = ends[low - 1] ?? -1
    ends[low] = place
  })
  const run: number[] = []
  for (let place = ends.at(-1) ?? -1; place !== -1; place = before[place] ?? -1) run.push(place)
  return run.reverse()
}
