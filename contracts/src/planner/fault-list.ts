import type { FieldError } from '../problem.ts'
import { own, type RawFields } from './fields.ts'
import { plannerLimits } from './limits.ts'

/** The faults found so far, up to a limit. */
export interface FaultList {
  add(pointer: string, code: string, detail: string): void
  /** The object at a pointer; undefined, with a fault, where there is something else. */
  object(value: unknown, pointer: string): RawFields | undefined
  /** The same where nothing, or null, is an empty object. */
  optionalObject(value: unknown, pointer: string): RawFields
  /** A list within its limit; nothing, or null, is an empty one unless it is required. */
  array(value: unknown, pointer: string, limit: ListLimit): readonly unknown[]
  all(): readonly FieldError[]
}

export interface ListLimit {
  readonly maximum: number
  readonly isRequired?: boolean
}

export function createFaultList(): FaultList {
  const faults: FieldError[] = []
  const list: FaultList = {
    add(pointer, code, detail) {
      if (faults.length < plannerLimits.faultsMax) faults.push({ pointer, code, detail })
    },
    object(value, pointer) {
      if (isObject(value)) return value
      const isMissing = value === undefined
      list.add(
        pointer,
        isMissing ? 'required' : 'wrong-type',
        isMissing ? 'is missing' : 'must be an object',
      )
      return undefined
    },
    optionalObject(value, pointer) {
      if (value === undefined || value === null || value === '') return {}
      return list.object(value, pointer) ?? {}
    },
    array(value, pointer, { maximum, isRequired = false }) {
      if (Array.isArray(value)) {
        const items: readonly unknown[] = value
        if (items.length <= maximum) return items
        list.add(pointer, 'too-many', `must have at most ${maximum} items`)
        return items.slice(0, maximum)
      }
      if (value === undefined && isRequired) list.add(pointer, 'required', 'is missing')
      const isAbsent = !isRequired && (value === null || value === '')
      if (value !== undefined && !isAbsent) list.add(pointer, 'wrong-type', 'must be a list')
      return []
    },
    all: () => faults,
  }
  return list
}

export const pointerTo = (pointer: string, name: string | number) =>
  `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Old files spell fields in snake_case; taken silently, they would mean nothing here. */
export function checkSpelling(
  faults: FaultList,
  raw: RawFields,
  pointer: string,
  known: readonly string[],
) {
  for (const name of Object.keys(raw)) {
    if (!name.includes('_')) continue
    const spelling = name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    if (known.includes(spelling)) {
      faults.add(pointerTo(pointer, name), 'wrong-spelling', `is spelled ${spelling} here`)
    }
  }
}

/** A text that must be there, within a length. */
export function checkName(
  faults: FaultList,
  raw: RawFields,
  field: string,
  pointer: string,
): string | undefined {
  const value = own(raw, field)
  const place = pointerTo(pointer, field)
  if (value === undefined || value === null || value === '') {
    faults.add(place, 'required', 'is missing')
    return undefined
  }
  if (typeof value !== 'string') {
    faults.add(place, 'wrong-type', 'must be text')
    return undefined
  }
  const { nameLengthMax } = plannerLimits
  if (value.length > nameLengthMax) {
    faults.add(place, 'too-long', `must have at most ${nameLengthMax} characters`)
  }
  return value
}

/** Text, or a number or truth value that is taken as one; long text is a fault. */
export function checkText(faults: FaultList, value: unknown, pointer: string, lengthMax: number) {
  if (typeof value === 'object' && value !== null) {
    faults.add(pointer, 'wrong-type', 'must be text')
  } else if (typeof value === 'string' && value.length > lengthMax) {
    faults.add(pointer, 'too-long', `must have at most ${lengthMax} characters`)
  }
}

export function isObject(value: unknown): value is RawFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
