import { LRUCache } from 'lru-cache'
import type { EventFilter } from '../port.ts'
import { matchesNothing } from './protocol.ts'
import { lastBackwards, logEnd, readAll, type Reading } from './read.ts'

/** Filters whose heads are remembered. */
const filtersMax = 100

/** How much the log may grow, in bytes, until the search begins at its end again. */
const growthMaxBytes = 16 * 1024 * 1024

/**
 * Finds heads without searching the log for each question. In a log that others share, the last
 * event of a quiet context lies far back, and the server looks at every event since; so this
 * remembers what it found and how far the log went then, and looks only at what came since.
 */
export function createHeadFinder(reading: Reading) {
  const known = new LRUCache<string, { readonly end: number; readonly position: number }>({
    max: filtersMax,
  })

  return async (filter: EventFilter): Promise<number> => {
    if (matchesNothing(filter)) return 0
    const key = JSON.stringify(filter)
    const before = known.get(key)
    const end = await logEnd(reading)
    if (before?.end === end) return before.position
    const grownBy = before ? end - before.end : Number.POSITIVE_INFINITY
    const position =
      before && grownBy > 0 && grownBy <= growthMaxBytes
        ? ((await lastSince(reading, filter, before.end)) ?? before.position)
        : await lastBackwards(reading, filter)
    known.set(key, { end, position })
    return position
  }
}

async function lastSince(reading: Reading, filter: EventFilter, after: number) {
  let last: number | undefined
  for await (const batch of readAll(reading, { after, filter })) last = batch.at(-1)?.position
  return last
}
