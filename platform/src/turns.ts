import { Rejection } from './rejection.ts'

export interface TurnLimits {
  /** At once. */
  readonly parallelMax: number
  /** More than so many that wait for their turn are refused as unavailable. */
  readonly waitingMax: number
}

/** Does work that takes much of the machine, so many at a time, in the order in which it came. */
export function createTurns({ parallelMax, waitingMax }: TurnLimits) {
  const waiting: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= parallelMax) {
      if (waiting.length >= waitingMax) throw new Rejection('unavailable', { retryAfterSeconds: 5 })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running += 1
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
