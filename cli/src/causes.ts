import { type Context, contexts } from '@atrium/contracts/context.ts'
import type { EventStore, RecordedEvent } from '@atrium/platform/event-store/port.ts'

/** Events whose effects can still name them: those that were met last. */
const causesKeptMax = 100_000

/** A cause was written before its effect, by the clock of another server. */
const clocksDifferMs = 60_000

export type Causes = ReturnType<typeof createCauses>

/**
 * Names of events by their ids, for those that they led to. An effect may be met before its cause,
 * because each context's log is read by itself: then the logs are read on until the cause is found.
 * Each is read once, from the position given, no further than the effect's own time.
 */
export function createCauses(
  storeOf: (context: Context) => Pick<EventStore, 'readAll'>,
  after: Readonly<Record<Context, number>>,
) {
  const names = new Map<string, string>()
  const readUpTo = { ...after }

  function note(context: Context, event: RecordedEvent) {
    names.set(event.id, `${event.type} ${context}#${event.position}`)
    for (const oldest of names.keys()) {
      if (names.size <= causesKeptMax) break
      names.delete(oldest)
    }
  }

  async function readOn(context: Context, untilFound: string, untilMs: number) {
    const range = { after: readUpTo[context], filter: { streamPrefixes: [`${context}.`] } }
    for await (const batch of storeOf(context).readAll(range)) {
      for (const event of batch) note(context, event)
      const last = batch.at(-1)
      if (!last) continue
      readUpTo[context] = Math.max(readUpTo[context], last.position)
      if (names.has(untilFound) || Date.parse(last.recordedAt) > untilMs) return
    }
  }

  return {
    note,

    /** Undefined for an event without a cause, and for a cause from before the logs are read. */
    async nameOf({ metadata, recordedAt }: RecordedEvent): Promise<string | undefined> {
      const { causationId } = metadata
      if (causationId === undefined) return undefined
      for (const context of contexts) {
        if (names.has(causationId)) break
        await readOn(context, causationId, Date.parse(recordedAt) + clocksDifferMs)
      }
      return names.get(causationId)
    },
  }
}
