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
  const walk: Walk = { start: pointer, path: [], faults: [] }
  visit(value, walk)
  return walk.faults
}

/** Where the walk is; a pointer is only made of it where there is a fault. */
interface Walk {
  readonly start: string
  readonly path: (string | number)[]
  readonly faults: FieldError[]
}

function visit(value: Json, walk: Walk): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) note(walk, 'invalid-text', 'holds U+0000 or a lone surrogate')
  } else if (typeof value === 'number') {
    if (!isExact(value)) note(walk, 'too-large', 'is a number that cannot be kept as it is')
  } else if (isArray(value) || isObject(value)) {
    if (walk.path.length >= depthMax) note(walk, 'too-deep', `is nested more than ${depthMax} deep`)
    else if (isArray(value)) value.forEach((item, index) => visitInside(item, index, walk))
    else for (const name of Object.keys(value)) visitMember(value[name] as Json, name, walk)
  }
}

function visitMember(value: Json, name: string, walk: Walk): void {
  if (!isStorable(name)) {
    note(walk, 'invalid-text', 'has a name with U+0000 or a lone surrogate')
  } else if (name === '__proto__') {
    walk.path.push(name)
    note(walk, 'not-allowed', 'is no name')
    walk.path.pop()
  } else visitInside(value, name, walk)
}

function visitInside(value: Json, step: string | number, walk: Walk): void {
  walk.path.push(step)
  visit(value, walk)
  walk.path.pop()
}

function note({ start, path, faults }: Walk, code: string, detail: string): void {
  if (faults.length >= faultsMax) return
  const pointer = path.map((step) => `/${escapePointer(String(step))}`).join('')
  faults.push({ pointer: `${start}${pointer}`, code, detail })
}

/** Beyond 2^53, two whole numbers become one. */
const isExact = (value: number) =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
