import type { FieldError } from '@atrium/contracts/problem.ts'
import { invalid, Rejection } from '../rejection.ts'
import { countWrittenMembers, findDuplicate } from './duplicate-names.ts'

/** Objects and arrays inside each other. */
const depthMax = 32

/** Faults told of one request. */
export const faultsMax = 50

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON value of a body; undefined for no bytes. Throws Rejection `malformed-body` for what is
 * not UTF-8 or not JSON; `validation-failed`, with its place, for what no honest client sends:
 * nesting without end, `__proto__`, a name twice in one object, a number beyond all doubles.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  let text: string
  let value: unknown
  try {
    text = utf8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    // Without the cause: JSON's messages quote the body.
    throw new Rejection('malformed-body')
  }
  const seen = { members: 0 }
  const fault = hostileFault(value, 0, seen)
  if (fault) throw invalid(fault)
  if (countWrittenMembers(bytes) !== seen.members) throw twice(findDuplicate(text) ?? [])
  return value
}

const fault = (code: string, detail: string): FieldError => ({ pointer: '', code, detail })

function twice(path: readonly (string | number)[]) {
  const detail = 'is a name that its object has already'
  return invalid({ ...fault('duplicate', detail), pointer: pointerOf(path) })
}

/** The first of what must not be anywhere in a body. Counts the members on the way. */
function hostileFault(
  value: unknown,
  depth: number,
  seen: { members: number },
): FieldError | undefined {
  // 1e400 is JSON, but becomes Infinity, which JSON cannot say again: events would hold null.
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return fault('too-large', 'is a number too large to be kept')
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > depthMax) return fault('too-deep', `is nested more than ${depthMax} deep`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const inside = hostileFault(item, depth + 1, seen)
      if (inside) return { ...inside, pointer: `/${index}${inside.pointer}` }
    }
    return undefined
  }
  for (const [name, item] of Object.entries(value)) {
    seen.members += 1
    const inside =
      name === '__proto__'
        ? fault('not-allowed', 'is no name')
        : hostileFault(item, depth + 1, seen)
    if (inside) return { ...inside, pointer: `/${escapePointer(name)}${inside.pointer}` }
  }
  return undefined
}

/**
 * The strings, keys among them, that no database can keep or that are no Unicode text: those with
 * U+0000 or a lone surrogate. A key at fault is told at the object that has it.
 */
export function textFaults(value: unknown, pointer: string): FieldError[] {
  const walk: Walk = { start: pointer, path: [], faults: [] }
  collectTextFaults(value, walk)
  return walk.faults
}

/** Where the walk is; a pointer is only made of it where there is a fault. */
interface Walk {
  readonly start: string
  readonly path: (string | number)[]
  readonly faults: FieldError[]
}

function collectTextFaults(value: unknown, walk: Walk): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) noteText(walk, 'holds U+0000 or a lone surrogate')
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => collectInside(item, index, walk))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (isStorable(key)) collectInside(item, key, walk)
      else noteText(walk, 'has a key with U+0000 or a lone surrogate')
    }
  }
}

function collectInside(value: unknown, step: string | number, walk: Walk): void {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return
  walk.path.push(step)
  collectTextFaults(value, walk)
  walk.path.pop()
}

function noteText({ start, path, faults }: Walk, detail: string): void {
  if (faults.length < faultsMax) {
    faults.push({ pointer: `${start}${pointerOf(path)}`, code: 'invalid-text', detail })
  }
}

const pointerOf = (path: readonly (string | number)[]) =>
  path.map((step) => `/${escapePointer(String(step))}`).join('')

export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\u0000')

/** Long keys are cut: a pointer leads to a place, it does not repeat a document. */
export const escapePointer = (key: string) =>
  key.slice(0, 100).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')
