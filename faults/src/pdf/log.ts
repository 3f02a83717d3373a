import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { EventStore, RecordedEvent } from '@atrium/platform/event-store/port.ts'
import type { Platform } from '../platform.ts'

const filter = { streamPrefixes: ['pdf.job-'] }

export interface JobLog {
  /** How many events of a type were seen so far. */
  count(type: string): number
  /** Resolves when there are so many; rejects after the limit. */
  reached(type: string, count: number, limitMs: number): Promise<void>
  /** All events of jobs, in order. */
  read(): Promise<readonly RecordedEvent[]>
  close(): Promise<void>
}

/** Follows the log of jobs from outside, through every kill. */
export async function openJobLog(platform: Platform): Promise<JobLog> {
  const running = await platform.runFile()
  const store = await openEventStore({
    context: 'pdf',
    databaseUrl: running.contexts.pdf?.databaseUrl ?? '',
    eventStoreDbUrl: running.eventStoreDbUrl,
  })
  const closing = new AbortController()
  const counts = new Map<string, number>()
  const waiting = new Set<() => void>()
  const following = follow(store, closing.signal, (type) => {
    counts.set(type, (counts.get(type) ?? 0) + 1)
    for (const look of waiting) look()
  })
  const count = (type: string) => counts.get(type) ?? 0

  return {
    count,
    async reached(type, wanted, limitMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const look = () => {
        if (count(type) >= wanted) resolve()
      }
      const limit = setTimeout(() => {
        reject(new Error(`${count(type)} of ${wanted} ${type} after ${limitMs} ms`))
      }, limitMs)
      waiting.add(look)
      look()
      await promise.finally(() => {
        clearTimeout(limit)
        waiting.delete(look)
      })
    },
    async read() {
      const events: RecordedEvent[] = []
      for await (const batch of store.readAll({ filter })) events.push(...batch)
      return events
    },
    async close() {
      closing.abort()
      await following.catch(() => undefined)
      await store.close()
    },
  }
}

async function follow(store: EventStore, signal: AbortSignal, seen: (type: string) => void) {
  for await (const batch of store.subscribe({ after: 0, filter, signal })) {
    for (const { type } of batch) seen(type)
  }
}
