import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql'
import type { NewEvent } from '@atrium/platform/event-store/port.ts'

/** Emmett's event store for PostgreSQL, as its documentation uses it. */
export async function createEmmett(url: string) {
  const store = getPostgreSQLEventStore(url)
  await store.schema.migrate()
  return {
    append: (stream: string, events: readonly NewEvent[]) =>
      store.appendToStream(
        stream,
        events.map(({ type, data, metadata }) => ({
          type,
          data: data as Record<string, unknown>,
          metadata: { ...metadata },
        })),
        { expectedStreamVersion: 'STREAM_DOES_NOT_EXIST' },
      ),
    close: () => store.close(),
  }
}
