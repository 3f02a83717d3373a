import type { FieldError } from '@atrium/contracts/problem.ts'
import { Rejection } from '../rejection.ts'

/** Objects and arrays inside each other. */
const depthMax = 32

/** Faults told of one request. */
export const faultsMax = 50

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON value of a body; undefined for no bytes. Throws Rejection `malformed-body` for what is
 * not UTF-8, not JSON, nested too deep, holds a number beyond all doubles, or
 * carries `__proto__`, which no honest client sends.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch {
    // Without the cause: JSON's messages quote the body.
    throw new Rejection('malformed-body')
  }
  refuseHostileShape(value)
  return value
}

/** 1e400 is JSON, but becomes Infinity, which JSON cannot say again: events would hold null. */
const tooLargeNumber = () =>
  new Rejection('malformed-body', { detail: 'a number is too large to be kept' })

function refuseHostileShape(root: unknown): void {
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) throw new Rejection('malformed-body', { detail: 'nested too deep' })
    const next: unknown[] = []
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue
      if (Object.hasOwn(value, '__proto__')) throw new Rejection('malformed-body')
      for (const item of Object.values(value)) {
        if (typeof item === 'object') next.push(item)
        else if (typeof item === 'number' && !Number.isFinite(item)) throw tooLargeNumber()
      }
    }
    level = next
  }
}

/**
 * The strings, keys among them, that no database can keep or that are no Unicode text: those with
 * U+0000 or a lone surrogate. A key at fault is told at the object that has it.
 */
export function textFaults(value: unknown, pointer: string): FieldError[] {
  const faults: FieldError[] = []
  collectTextFaults(value, pointer, faults)
  return faults
}

function collectTextFaults(value: unknown, pointer: string, faults: FieldError[]): void {
  if (faults.length >= faultsMax) return
  if (typeof value === 'string') {
    if (!isStorable(value)) faults.push(textFault(pointer, 'holds U+0000 or a lone surrogate'))
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    if (isStorable(key)) collectTextFaults(item, `${pointer}/${escapePointer(key)}`, faults)
    else faults.push(textFault(pointer, 'has a key with U+0000 or a lone surrogate'))
  }
}

const textFault = (pointer: string, detail: string) => ({ pointer, code: 'invalid-text', detail })

export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\u0000')

/** Long keys are cut: a pointer leads to a place, it does not repeat a document. */
export const escapePointer = (key: string) =>
  key.slice(0, 100).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')
