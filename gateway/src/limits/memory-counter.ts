import { isOver, type Counter, type Meter, type Standing } from './counter.ts'

interface Count {
  used: number
  endsAt: number
}

/**
 * Counts in this process. Holds at most `countsMax` meters: the one that was idle longest is
 * forgotten first, so a flood of addresses costs memory within bounds and never opens a busy meter.
 */
export function createMemoryCounter({
  countsMax = 200_000,
  now = () => Math.round(performance.now()), // whole, so that a window is no fraction longer
}: { countsMax?: number; now?: () => number } = {}): Counter {
  const counts = new Map<string, Count>()

  const countOf = ({ key, policy }: Meter, at: number): Count => {
    const known = counts.get(key)
    if (known && known.endsAt > at) {
      // Only a meter in the older half need be moved, but moving is as cheap as knowing.
      counts.delete(key)
      counts.set(key, known)
      return known
    }
    if (known) counts.delete(key)
    else if (counts.size >= countsMax) forgetOldest()
    const fresh = { used: 0, endsAt: at + policy.windowMs }
    counts.set(key, fresh)
    return fresh
  }

  const forgetOldest = () => {
    for (const key of counts.keys()) {
      counts.delete(key)
      return
    }
  }

  return {
    take(meters) {
      const at = now()
      const standings: Standing[] = []
      for (const meter of meters) {
        const count = countOf(meter, at)
        count.used += 1
        const standing = {
          policy: meter.policy,
          used: count.used,
          resetsInMs: count.endsAt - at,
        }
        standings.push(standing)
        if (isOver(standing)) break
      }
      return standings
    },
    close: () => Promise.resolve(counts.clear()),
  }
}
