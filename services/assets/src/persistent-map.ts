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

/** A change copies this many pointers and one bucket. */
const bucketsCount = 128

type Bucket<Value> = ReadonlyMap<string, Value>

export const emptyMap = <Value>(): PersistentMap<Value> => mapOf<Value>([], 0)

function mapOf<Value>(
  buckets: readonly (Bucket<Value> | undefined)[],
  size: number,
): PersistentMap<Value> {
  const bucketOf = (key: string) => buckets[bucketIndex(key)]

  function replaced(key: string, bucket: Bucket<Value>, newSize: number) {
    const copy = buckets.length === 0 ? emptyBuckets<Value>() : buckets.slice()
    copy[bucketIndex(key)] = bucket
    return mapOf(copy, newSize)
  }

  return {
    size,
    get: (key) => bucketOf(key)?.get(key),
    has: (key) => bucketOf(key)?.has(key) ?? false,
    with(key, value) {
      const bucket = new Map(bucketOf(key)).set(key, value)
      return replaced(key, bucket, bucketOf(key)?.has(key) ? size : size + 1)
    },
    without(key) {
      const bucket = new Map(bucketOf(key))
      return bucket.delete(key) ? replaced(key, bucket, size - 1) : mapOf(buckets, size)
    },
    *entries() {
      for (const bucket of buckets) if (bucket) yield* bucket
    },
  }
}

const emptyBuckets = <Value>() =>
  Array.from({ length: bucketsCount }, (): Bucket<Value> | undefined => undefined)

/** FNV-1a of the key's text, so that ids of one moment spread as well as random ones. */
function bucketIndex(key: string): number {
  let hash = 0x81_1c_9d_c5
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01_00_01_93)
  }
  return (hash >>> 0) % bucketsCount
}
