import { isObject, memberOf, type Json } from './value.ts'

/** RFC 7396: members are merged, null takes one away, anything else takes the place of what was. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const members = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name)
    else
      members.set(
        name,
        applyMergePatch(isObject(target) ? memberOf(target, name) : undefined, value),
      )
  }
  return Object.fromEntries(members)
}
