import type { FieldError } from '@atrium/contracts/problem.ts'
import { invalid, Rejection } from '../rejection.ts'
import { countWritten, findDuplicate, type Written } from './written-json.ts'

/** Objects and arrays inside each other. */
const depthMax = 32

/** Faults told of one request. */
export const faultsMax = 50

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * What one JSON text may hold, counted before it is parsed. Both are far beyond what people make,
 * 5 MiB of widgets among it; beyond them a few megabytes take the process for seconds.
 */
const weightMax = {
  /** Objects, arrays, and what stands in them. */
  values: 500_000,
  /** Different names of members, each anew behind other names of its object. */
  layouts: 20_000,
} as const

/** What is wrong with a JSON text that would take too long to be worked on. */
export function tooHeavy(json: Uint8Array): FieldError | undefined {
  return heavyFault(countWritten(json, weightMax))
}

function heavyFault({ values, layouts }: Written): FieldError | undefined {
  const most = (count: number, what: string) =>
    fault('too-many', `holds more than ${count} ${what}`)
  if (values > weightMax.values) return most(weightMax.values, 'values')
  if (layouts > weightMax.layouts)
    return most(weightMax.layouts, 'different names, or orders of them')
  return undefined
}

/**
 * The JSON value of a body; undefined for no bytes. Throws Rejection `malformed-body` for what is
 * not UTF-8 or not JSON; `validation-failed`, with its place, for what no honest client sends:
 * values or names without end, nesting without end, `__proto__`, a name twice in one object, a
 * number beyond all doubles, text with U+0000 or a lone surrogate.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const written = countWritten(bytes, weightMax)
  const heavy = heavyFault(written)
  if (heavy) throw invalid(heavy)
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
  if (written.members !== seen.members) throw twice(findDuplicate(text) ?? [])
  // In JSON that is UTF-8, only an escape can write them.
  const faults = /\\u(?:0000|d[89a-f])/i.test(text) ? textFaults(value, '') : []
  if (faults.length > 0) throw invalid(...faults)
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
  const members = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(members)) {
    seen.members += 1
    const inside =
      name === '__proto__'
        ? fault('not-allowed', 'is no name')
        : hostileFault(members[name], depth + 1, seen)
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
