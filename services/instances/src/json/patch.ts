import type { Operation } from './diff.ts'
import { stepsOf } from './pointer.ts'
import { isArray, isEqual, isLongerThan, isObject, type Json } from './value.ts'

/** RFC 6902, as a client may send it. */
export type PatchOperation =
  | Operation
  | { readonly op: 'copy'; readonly from: string; readonly path: string }
  | { readonly op: 'test'; readonly path: string; readonly value: Json }

/** An operation that cannot be carried out, and its member that is at fault. */
export class PatchFailed extends Error {
  override readonly name = 'PatchFailed'
  readonly index: number
  readonly member: 'path' | 'from' | 'value'
  readonly code: string

  constructor(index: number, { member, code, says }: Fault) {
    super(says)
    this.index = index
    this.member = member
    this.code = code
  }
}

interface Fault {
  readonly member: 'path' | 'from' | 'value'
  readonly code: string
  readonly says: string
}

/** Text that a patch may copy: a few operations could otherwise double a document without end. */
const copiedCharactersMax = 5 * 1024 * 1024

/**
 * The value that the patch makes of `before`, which stays as it is; they share what is not touched.
 * All operations or none. Throws PatchFailed.
 */
export function applyPatch(before: Json, patch: readonly PatchOperation[]): Json {
  const draft: Draft = { root: before, own: new Set(), copiedCharacters: 0 }
  patch.forEach((operation, index) => {
    try {
      carryOut(draft, operation)
    } catch (error) {
      if (error instanceof Impossible) throw new PatchFailed(index, error.fault)
      throw error
    }
  })
  return draft.root
}

class Impossible extends Error {
  readonly fault: Fault

  constructor(member: Fault['member'], code: string, says: string) {
    super(says)
    this.fault = { member, code, says }
  }
}

/** Each object and array on the way to a change is copied once, and then the copy is changed. */
interface Draft {
  root: Json
  readonly own: Set<Json>
  copiedCharacters: number
}

type Path = readonly string[]
type Member = Fault['member']

function carryOut(draft: Draft, operation: PatchOperation): void {
  const path = pathOf(operation.path, 'path')
  switch (operation.op) {
    case 'add':
      add(draft, path, operation.value)
      return
    case 'remove':
      remove(draft, path, 'path')
      return
    case 'replace':
      replace(draft, path, operation.value)
      return
    case 'move': {
      if (operation.path.startsWith(`${operation.from}/`)) {
        throw new Impossible('path', 'not-allowed', 'lies inside of what is moved')
      }
      const from = pathOf(operation.from, 'from')
      add(draft, path, from.length === 0 ? draft.root : remove(draft, from, 'from'))
      return
    }
    case 'copy':
      copy(draft, pathOf(operation.from, 'from'), path)
      return
    case 'test':
      if (isEqual(valueAt(draft, path, 'path'), operation.value)) return
      throw new Impossible('value', 'test-failed', 'is not what is there')
  }
}

function pathOf(pointer: string, member: Member): Path {
  const steps = stepsOf(pointer)
  if (!steps) throw new Impossible(member, 'wrong-format', 'is no JSON pointer')
  if (steps.includes('__proto__')) throw new Impossible(member, 'not-allowed', 'is no member')
  return steps
}

function valueAt({ root }: Draft, path: Path, member: Member): Json {
  let value = root
  for (const token of path) value = inside(holderFrom(value, member), token, member)
  return value
}

function add(draft: Draft, path: Path, value: Json): void {
  const token = path.at(-1)
  if (token === undefined) {
    draft.root = value
    return
  }
  const holder = holderOf(draft, path, 'path')
  if (Array.isArray(holder)) holder.splice(placeIn(holder, token), 0, value)
  else holder[token] = value
}

function remove(draft: Draft, path: Path, member: Member): Json {
  const token = path.at(-1)
  if (token === undefined) throw new Impossible(member, 'not-allowed', 'is the whole document')
  const holder = holderOf(draft, path, member)
  const removed = inside(holder, token, member)
  if (Array.isArray(holder)) holder.splice(Number(token), 1)
  else delete holder[token]
  return removed
}

function replace(draft: Draft, path: Path, value: Json): void {
  const token = path.at(-1)
  if (token === undefined) {
    draft.root = value
    return
  }
  const holder = holderOf(draft, path, 'path')
  inside(holder, token, 'path')
  holder[token] = value
}

function copy(draft: Draft, from: Path, path: Path): void {
  const value = valueAt(draft, from, 'from')
  const left = copiedCharactersMax - draft.copiedCharacters
  if (isLongerThan(value, left)) throw new Impossible('from', 'too-large', 'is too much to copy')
  const text = JSON.stringify(value)
  draft.copiedCharacters += text.length
  add(draft, path, JSON.parse(text) as Json) // shared, a change of the one would change the other
}

/** An object or an array of the draft's own; a number as text is a place of an array. */
type Holder = Record<string, Json>

/** What holds the last step of a path. */
function holderOf(draft: Draft, path: Path, member: Member): Holder {
  draft.root = owned(draft, draft.root)
  let holder = holderFrom(draft.root, member)
  for (const token of path.slice(0, -1)) {
    const inner = owned(draft, inside(holder, token, member))
    holder[token] = inner
    holder = holderFrom(inner, member)
  }
  return holder
}

function owned({ own }: Draft, value: Json): Json {
  if (typeof value !== 'object' || value === null || own.has(value)) return value
  const ours = isArray(value) ? [...value] : { ...value }
  own.add(ours)
  return ours
}

function holderFrom(value: Json, member: Member): Holder {
  if (isObject(value) || isArray(value)) return value as Holder
  throw new Impossible(member, 'not-found', 'leads through what holds nothing')
}

function inside(holder: Holder, token: string, member: Member): Json {
  const isThere = Array.isArray(holder)
    ? isIndex(token) && Number(token) < holder.length
    : Object.hasOwn(holder, token)
  const value = isThere ? holder[token] : undefined
  if (value === undefined) throw new Impossible(member, 'not-found', 'leads to nothing')
  return value
}

function placeIn(items: readonly unknown[], token: string): number {
  if (token === '-') return items.length
  if (isIndex(token) && Number(token) <= items.length) return Number(token)
  throw new Impossible('path', 'not-found', 'is no place of the array')
}

const isIndex = (token: string) => /^(0|[1-9]\d{0,15})$/.test(token)
