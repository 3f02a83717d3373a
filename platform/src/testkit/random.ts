import { randomInt } from 'node:crypto'

export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number
  /** True this often, from 0 to 1. */
  chance(probability: number): boolean
}

/** The seed of this run: SEED, to repeat one, or a new one. A test prints it in its name. */
export const testSeed = () => Number(process.env['SEED'] ?? randomInt(2 ** 31))

/** Random numbers that are the same for the same seed: mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    integer: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
  }
}
