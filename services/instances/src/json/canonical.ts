import { createHash } from 'node:crypto'
import { isArray, type Json, type JsonObject } from './value.ts'

/**
 * The JSON text that is the same for the same value, however its members stand: RFC 8785. Its
 * SHA-256 names a content.
 */
export const canonicalJson = (value: Json): string => write(value, new Map())

/** `quoted`: names as they are written. A document has few different ones, each many times. */
function write(value: Json, quoted: Map<string, string>): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let text = ''
  if (isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${write(item, quoted)}`
    return `[${text}]`
  }
  for (const name of sortedNames(value)) {
    let written = quoted.get(name)
    if (written === undefined) quoted.set(name, (written = `${JSON.stringify(name)}:`))
    text += `${text === '' ? '' : ','}${written}${write(value[name] as Json, quoted)}`
  }
  return `{${text}}`
}

/** By UTF-16 code units, as the RFC demands and `sort` does; they often stand so already. */
function sortedNames(value: JsonObject): readonly string[] {
  const names = Object.keys(value)
  const isSorted = names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name)
  return isSorted ? names : names.sort()
}

/** A value's canonical JSON as bytes, and their SHA-256 in hex. */
export interface Canonical {
  readonly bytes: Buffer
  readonly sha256: string
}

export function canonicalOf(value: Json): Canonical {
  const bytes = Buffer.from(canonicalJson(value))
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
