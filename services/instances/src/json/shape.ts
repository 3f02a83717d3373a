import type { FieldError } from '@atrium/contracts/problem.ts'
import { escapePointer, isStorable } from '@atrium/platform/http/body.ts'
import { isArray, isObject, type Json } from './value.ts'

/** Objects and arrays inside each other. */
export const depthMax = 28

/** Faults told of one content. */
const faultsMax = 50

/**
 * What a content must not hold, each with its pointer: nesting beyond the limit, names that
 * programs take for something else, text that is none, and whole numbers that a double does not
 * hold exactly, so that they would come back as others.
 */
export function shapeFaults(value: Json, pointer: string): readonly FieldError[] {
  const faults: FieldError[] = []
  collect(value, pointer, 0, faults)
  return faults
}

function collect(value: Json, pointer: string, depth: number, faults: FieldError[]): void {
  if (faults.length >= faultsMax) return
  const fault = (code: string, detail: string) => void faults.push({ pointer, code, detail })
  if (typeof value === 'string') {
    if (!isStorable(value)) fault('invalid-text', 'holds U+0000 or a lone surrogate')
  } else if (typeof value === 'number') {
    if (!isExact(value)) fault('too-large', 'is a number that cannot be kept as it is')
  } else if (isArray(value) || isObject(value)) {
    if (depth >= depthMax) fault('too-deep', `is nested more than ${depthMax} deep`)
    else if (isArray(value)) {
      value.forEach((item, index) => collect(item, `${pointer}/${index}`, depth + 1, faults))
    } else collectMembers(Object.entries(value), pointer, depth, faults)
  }
}

function collectMembers(
  members: readonly (readonly [string, Json])[],
  pointer: string,
  depth: number,
  faults: FieldError[],
): void {
  for (const [name, item] of members) {
    if (!isStorable(name)) {
      const detail = 'has a name with U+0000 or a lone surrogate'
      faults.push({ pointer, code: 'invalid-text', detail })
    } else if (name === '__proto__') {
      faults.push({ pointer: `${pointer}/__proto__`, code: 'not-allowed', detail: 'is no name' })
    } else collect(item, `${pointer}/${escapePointer(name)}`, depth + 1, faults)
  }
}

/** Beyond 2^53, two whole numbers become one. */
const isExact = (value: number) =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
