import type { EventStore } from '../event-store/port.ts'
import type { StreamEnd } from '../messaging/stream.ts'

/**
 * What was published last is not in the store: it was restored from a backup that is older than the
 * JetStream stream. What the store writes next takes the places of events that others have seen, so
 * nothing is published until a person decides; see the runbook.
 */
export class StoreBehindStream extends Error {
  override readonly name = 'StoreBehindStream'
}

/** Throws StoreBehindStream where the store does not hold the last event of its stream. */
export async function demandLastPublished(store: EventStore, end: StreamEnd): Promise<void> {
  const { last, position, sequence } = end
  if (!last) return
  const range = { from: last.revision, limit: 1 }
  for await (const event of store.readStream(last.stream, range)) {
    if (event.id === last.id && event.position === position) return
  }
  throw new StoreBehindStream(
    `message ${sequence} of JetStream is event ${last.id} at position ${position}, ` +
      `which the event store does not hold: was it restored from a backup?`,
  )
}
