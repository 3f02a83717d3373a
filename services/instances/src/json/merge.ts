import { byKey, keepsOrder, keyFieldOf, type KeyField, type Placed } from './keyed.ts'
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

export interface Merged {
  /** With what is theirs wherever there is a conflict. */
  readonly value: Json
  /**
   * Where both changed the same, to something else. An item is named by its place in the base, one
   * that both added by its place in theirs.
   */
  readonly conflicts: readonly string[]
}

/**
 * Both sides' changes since the version that both came from. Changes that do not meet are all
 * taken, in whichever order the sides are given; where both added items at the same place, those of
 * the lower key come first.
 */
export function merge(base: Json, theirs: Json, yours: Json): Merged {
  const conflicts: string[] = []
  const value = mergeValue({ base, theirs, yours }, '', conflicts)
  return { value: value === undefined ? theirs : value, conflicts }
}

/** The same place in the three versions; undefined where one has nothing there. */
interface Three<Value> {
  readonly base: Value
  readonly theirs: Value
  readonly yours: Value
}

function mergeValue(
  three: Three<Json | undefined>,
  pointer: string,
  conflicts: string[],
): Json | undefined {
  const { base, theirs, yours } = three
  if (isEqual(theirs, yours) || isEqual(base, yours)) return theirs
  if (isEqual(base, theirs)) return yours
  if (isObject(base) && isObject(theirs) && isObject(yours)) {
    return mergeMembers({ base, theirs, yours }, pointer, conflicts)
  }
  if (isArray(base) && isArray(theirs) && isArray(yours)) {
    const field = keyFieldOf(base, theirs, yours)
    if (field) return mergeItems({ base, theirs, yours }, { field, pointer, conflicts })
  }
  conflicts.push(pointer)
  return theirs
}

function mergeMembers(
  { base, theirs, yours }: Three<JsonObject>,
  pointer: string,
  conflicts: string[],
): Json {
  const names = new Set([...Object.keys(theirs), ...Object.keys(yours), ...Object.keys(base)])
  const members: [string, Json][] = []
  const begin = conflicts.length
  for (const name of names) {
    const three = {
      base: memberOf(base, name),
      theirs: memberOf(theirs, name),
      yours: memberOf(yours, name),
    }
    const value = mergeValue(three, `${pointer}${step(name)}`, conflicts)
    if (value !== undefined) members.push([name, value])
    if (conflicts.length - begin > conflictsMax) return theirsIn(pointer, conflicts, begin, theirs)
  }
  return Object.fromEntries(members)
}

/**
 * Conflicts inside of one object or array that are told one by one. Where there are more, it is one
 * conflict: nothing comes of the merge, and the rest need not be looked at.
 */
const conflictsMax = 1_000

function theirsIn(pointer: string, conflicts: string[], begin: number, theirs: Json): Json {
  conflicts.length = begin
  conflicts.push(pointer)
  return theirs
}

type Items = ReadonlyMap<string, Placed>

function mergeItems(
  arrays: Three<JsonArray>,
  { field, pointer, conflicts }: { field: KeyField; pointer: string; conflicts: string[] },
): Json {
  const base = byKey(arrays.base, field)
  const theirs = byKey(arrays.theirs, field)
  const yours = byKey(arrays.yours, field)
  const merged = new Map<string, Json>()
  const begin = conflicts.length
  for (const key of new Set([...base.keys(), ...theirs.keys(), ...yours.keys()])) {
    const [old, their, your] = [base.get(key), theirs.get(key), yours.get(key)]
    const place = old ?? their ?? your
    const three = { base: old?.item, theirs: their?.item, yours: your?.item }
    const item = mergeValue(three, `${pointer}/${place?.index}`, conflicts)
    if (item !== undefined) merged.set(key, item)
    if (conflicts.length - begin > conflictsMax)
      return theirsIn(pointer, conflicts, begin, arrays.theirs)
  }
  const sides = { base, theirs, yours }
  if (bothReorder(sides)) conflicts.push(pointer)
  return orderOf(sides, merged).flatMap((key) => merged.get(key) ?? [])
}

const bothReorder = ({ base, theirs, yours }: Three<Items>) =>
  !keepsOrder(base, theirs) && !keepsOrder(base, yours) && !keepsOrder(theirs, yours)

/** The keys of what is left: the old ones as whoever reordered them wants, the new ones between. */
function orderOf({ base, theirs, yours }: Three<Items>, left: ReadonlyMap<string, Json>): string[] {
  const leading = keepsOrder(base, theirs) ? yours : theirs
  const old = [...leading.keys(), ...base.keys()].filter((key) => base.has(key) && left.has(key))
  const runs = [runsOf(theirs, base, left), runsOf(yours, base, left)]
  const placed = new Set<string>()
  const place = (behind: string | undefined) =>
    runs
      .flatMap((each) => [each.get(behind) ?? []])
      .filter((run) => run.length > 0)
      .sort((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1))
      .flat()
      .forEach((key) => placed.add(key))
  place(undefined)
  for (const key of new Set(old)) {
    placed.add(key)
    place(key)
  }
  return [...placed]
}

/** A side's new items, by the old one that they stand behind; undefined for the beginning. */
function runsOf(side: Items, base: Items, left: ReadonlyMap<string, Json>) {
  const runs = new Map<string | undefined, string[]>()
  let behind: string | undefined
  for (const key of side.keys()) {
    if (!left.has(key)) continue
    if (base.has(key)) {
      behind = key
      continue
    }
    const run = runs.get(behind)
    if (run) run.push(key)
    else runs.set(behind, [key])
  }
  return runs
}
