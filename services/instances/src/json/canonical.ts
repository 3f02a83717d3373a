import { createHash } from 'node:crypto'
import { isArray, type Json } from './value.ts'

/**
 * The JSON text that is the same for the same value, however its members stand: RFC 8785. Its
 * SHA-256 names a content.
 */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let text = ''
  if (isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item)}`
    return `[${text}]`
  }
  // By UTF-16 code units, as the RFC demands and `sort` does.
  for (const name of Object.keys(value).sort()) {
    const item = value[name]
    if (item === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(item)}`
  }
  return `{${text}}`
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
