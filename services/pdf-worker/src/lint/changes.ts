/** A value of a JSON document, set: what lies on the way to it is made where it is missing. */
export interface Change {
  /** RFC 6901. */
  readonly pointer: string
  readonly value: number | string | Readonly<Record<string, unknown>>
}

/**
 * The document with those values; itself where there are none. What lies on the way to them is
 * copied, once for all of them; the rest is shared.
 */
export function withChanges(document: unknown, changes: readonly Change[]): unknown {
  const copies = new Set<unknown>()
  const copied = (part: unknown): Container => {
    if (copies.has(part)) return part as Container
    const copy = copyOf(part)
    copies.add(copy)
    return copy
  }
  if (changes.length === 0) return document
  const root = copied(document)
  for (const { pointer, value } of changes) {
    const names = pointer
      .split('/')
      .slice(1)
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = names.pop() ?? ''
    let part = root
    for (const name of names) {
      const next = copied(Object.hasOwn(part, name) ? part[name] : undefined)
      part[name] = next
      part = next
    }
    part[last] = value
  }
  return root
}

/** An object, or a list by its indexes. */
type Container = Record<string, unknown>

function copyOf(part: unknown): Container {
  const copy: unknown = Array.isArray(part)
    ? [...(part as readonly unknown[])]
    : { ...Object(part) }
  return copy as Container
}
