/** What JSON can say. Never changed once it is made: whoever reads a content shares it. */
export type Json = null | boolean | number | string | JsonArray | JsonObject
export type JsonArray = readonly Json[]
export interface JsonObject {
  readonly [name: string]: Json
}

export const isArray = (value: Json | undefined): value is JsonArray => Array.isArray(value)

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member of the object's own: `constructor` is one only where somebody wrote it. */
export const memberOf = (object: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined

/** Whether both say the same, in whatever order their members stand. Absent equals absent alone. */
export function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (isArray(a)) {
    if (!isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => isEqual(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]))
}

/** Whether the JSON of a value has more than so many characters; looks no further than that. */
export function isLongerThan(value: Json, characters: number): boolean {
  return lengthUpTo(value, characters) > characters
}

/** Nesting up to which a length is looked for. */
const lengthDepthMax = 100

/**
 * The JSON's length, escapes not counted, or something above the limit. What is nested deeper than
 * any document is without end.
 */
export function lengthUpTo(value: Json, limit: number, depth = 0): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return String(value).length
  if (depth > lengthDepthMax) return Infinity
  let length = 2
  if (isArray(value)) {
    for (const item of value) {
      length += lengthUpTo(item, limit - length, depth + 1) + 1
      if (length > limit) return length
    }
    return length
  }
  for (const name of Object.keys(value)) {
    length += name.length + 4 + lengthUpTo(value[name] as Json, limit - length, depth + 1)
    if (length > limit) return length
  }
  return length
}
