import { LRUCache } from 'lru-cache'
import type { Projections } from './projections.ts'

/**
 * Results of reads of the read models, given again for a moment: who asks for a file by its ranges
 * asks the same again and again.
 */
export interface RecentReads<Result> {
  /** The kept result, where no change of the read models was heard of since; else a new one. */
  get(key: string, read: () => Promise<Result | undefined>): Promise<Result | undefined>
  /** For a result that has turned out to be wrong. */
  forget(key: string): void
}

/** A change whose notice was lost is seen after so long. */
const keptMs = 1_000

/** `entriesMax` bounds what is kept. What is not there is asked for again each time. */
export function createRecentReads<Result extends object>(
  { version }: Pick<Projections, 'version'>,
  { entriesMax }: { readonly entriesMax: number },
): RecentReads<Result> {
  const kept = new LRUCache<string, { readonly result: Result; readonly version: number }>({
    max: entriesMax,
    ttl: keptMs,
  })
  return {
    async get(key, read) {
      const before = version()
      const known = kept.get(key)
      if (known && known.version === before) return known.result
      const result = await read()
      if (result && before !== undefined) kept.set(key, { result, version: before })
      return result
    },
    forget: (key) => kept.delete(key),
  }
}
