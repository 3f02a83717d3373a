import type { Context } from '@atrium/contracts/context.ts'
import { createEventStoreDbEventStore } from './eventstoredb/event-store.ts'
import type { OnResubscribe } from './eventstoredb/subscribe.ts'
import type { EventStore } from './port.ts'
import { migrateEventStore } from './postgres/migrate.ts'
import { createPostgresEventStore } from './postgres/store.ts'

export interface OpenEventStoreOptions {
  readonly context: Context
  /** Of the context's database, as its owner. */
  readonly databaseUrl: string
  /** Given: the events lie in this EventStoreDB, which all contexts may share. */
  readonly eventStoreDbUrl?: string | undefined
  /** Told when a subscription to EventStoreDB had to begin again. */
  readonly onResubscribe?: OnResubscribe
}

/** The event store of one context: EventStoreDB where one is named, else PostgreSQL. */
export async function openEventStore(options: OpenEventStoreOptions): Promise<EventStore> {
  const { context, databaseUrl, eventStoreDbUrl, onResubscribe } = options
  if (eventStoreDbUrl) {
    const log = onResubscribe && { onResubscribe }
    return createEventStoreDbEventStore({ url: eventStoreDbUrl, context, ...log })
  }
  await migrateEventStore(databaseUrl)
  return createPostgresEventStore({ connectionString: databaseUrl })
}
