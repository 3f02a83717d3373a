import { createHash } from 'node:crypto'

export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number
  /** One of the items. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/**
 * The same numbers for the same seed, on every machine: the n-th is taken from SHA-256(seed, n).
 */
export function createRandom(seed: string): Random {
  let drawn = 0
  const below = (limit: number) => {
    const digest = createHash('sha256').update(`${seed}\n${drawn}`).digest()
    drawn += 1
    return digest.readUInt32BE(0) % limit
  }
  return { below, pick: (items) => items[below(items.length)] ?? items[0] }
}
