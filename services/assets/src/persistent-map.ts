/**
 * A map that never changes: `with` and `without` give a new one that shares nearly all with the old
 * one. An owner may have ten thousand assets, and copying all of them for each event would make the
 * fold of a stream quadratic.
 */
export interface PersistentMap<Value> {
  readonly size: number
  get(key: string): Value | undefined
  has(key: string): boolean
  with(key: string, value: Value): PersistentMap<Value>
  without(key: string): PersistentMap<Value>
  /** In no order that means anything. */
  entries(): Iterable<readonly [string, Value]>
}

/**
 * A tree by the bits of the keys' hashes, five at a time. A change copies one leaf and the branches
 * above it, of which there are two for ten thousand keys and three for a million.
 */
type Node<Value> = Leaf<Value> | Branch<Value>
type Leaf<Value> = ReadonlyMap<string, Value>
type Branch<Value> = readonly (Node<Value> | undefined)[]

const bitsAtOnce = 5
const branchLength = 1 << bitsAtOnce
/** A leaf that grows beyond becomes a branch, as long as the hash has bits left. */
const leafMax = 16
const hashBits = 32

export const emptyMap = <Value>(): PersistentMap<Value> => mapOf<Value>(new Map(), 0)

function mapOf<Value>(root: Node<Value>, size: number): PersistentMap<Value> {
  const leafOf = (key: string) => findLeaf(root, hashOf(key))
  const has = (key: string) => leafOf(key)?.has(key) ?? false
  return {
    size,
    has,
    get: (key) => leafOf(key)?.get(key),
    with: (key, value) =>
      mapOf(placed(root, { key, value, hash: hashOf(key) }, 0), has(key) ? size : size + 1),
    without(key) {
      return has(key) ? mapOf(removed(root, key, hashOf(key), 0), size - 1) : mapOf(root, size)
    },
    entries: () => entriesOf(root),
  }
}

const isLeaf = <Value>(node: Node<Value>): node is Leaf<Value> => node instanceof Map
const slotOf = (hash: number, shift: number) => (hash >>> shift) & (branchLength - 1)

function findLeaf<Value>(root: Node<Value>, hash: number): Leaf<Value> | undefined {
  let node: Node<Value> | undefined = root
  for (let shift = 0; node !== undefined; shift += bitsAtOnce) {
    if (isLeaf(node)) return node
    node = node[slotOf(hash, shift)]
  }
  return undefined
}

interface Placed<Value> {
  readonly key: string
  readonly value: Value
  readonly hash: number
}

function placed<Value>(
  node: Node<Value> | undefined,
  entry: Placed<Value>,
  shift: number,
): Node<Value> {
  if (node === undefined) return new Map([[entry.key, entry.value]])
  if (isLeaf(node)) {
    const isFull = node.size >= leafMax && !node.has(entry.key) && shift < hashBits
    return isFull
      ? placed(split(node, shift), entry, shift)
      : new Map(node).set(entry.key, entry.value)
  }
  const copy = node.slice()
  const slot = slotOf(entry.hash, shift)
  copy[slot] = placed(copy[slot], entry, shift + bitsAtOnce)
  return copy
}

function split<Value>(leaf: Leaf<Value>, shift: number): Branch<Value> {
  const slots = Array.from(
    { length: branchLength },
    (): Map<string, Value> | undefined => undefined,
  )
  for (const [key, value] of leaf) {
    const slot = slotOf(hashOf(key), shift)
    slots[slot] = (slots[slot] ?? new Map<string, Value>()).set(key, value)
  }
  return slots
}

/** The leaf that becomes empty stays: the next key of its place finds it. */
function removed<Value>(node: Node<Value>, key: string, hash: number, shift: number): Node<Value> {
  if (isLeaf(node)) {
    const copy = new Map(node)
    copy.delete(key)
    return copy
  }
  const copy = node.slice()
  const slot = slotOf(hash, shift)
  const child = copy[slot]
  if (child !== undefined) copy[slot] = removed(child, key, hash, shift + bitsAtOnce)
  return copy
}

function* entriesOf<Value>(node: Node<Value>): Generator<readonly [string, Value]> {
  if (isLeaf(node)) {
    yield* node
    return
  }
  for (const child of node) if (child !== undefined) yield* entriesOf(child)
}

/** FNV-1a of the key's text, so that ids of one moment spread as well as random ones. */
function hashOf(key: string): number {
  let hash = 0x81_1c_9d_c5
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01_00_01_93)
  }
  return hash >>> 0
}
