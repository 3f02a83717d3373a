export interface Turns<Entry> {
  push(key: string, entry: Entry): void
}

/**
 * Entries of one key wait while those before them are worked on; different keys go side by side.
 * `take` works on some from the front, at least one, and resolves with how many; what came until it
 * looked is before it. It never fails: what befalls an entry is told to who pushed it.
 */
export function createTurns<Entry>(
  take: (key: string, waiting: readonly Entry[]) => Promise<number>,
): Turns<Entry> {
  const queues = new Map<string, Entry[]>()
  const run = async (key: string, waiting: Entry[]) => {
    while (waiting.length > 0) waiting.splice(0, await take(key, waiting))
    queues.delete(key)
  }
  return {
    push(key, entry) {
      const waiting = queues.get(key)
      if (waiting) {
        waiting.push(entry)
        return
      }
      const begun = [entry]
      queues.set(key, begun)
      void run(key, begun)
    },
  }
}
