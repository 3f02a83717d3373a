import { type Context, contexts } from '@atrium/contracts/context.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import type { Deployment } from './deployment.ts'

export interface Stores extends AsyncDisposable {
  of(context: Context): EventStore
}

/** The event stores of all contexts; closed at the end of an `await using`. */
export async function openStores(deployment: Deployment): Promise<Stores> {
  const opened = await Promise.all(
    contexts.map(async (context) => {
      const { databaseUrl } = deployment.contexts[context]
      const { eventStoreDbUrl } = deployment
      return [context, await openEventStore({ context, databaseUrl, eventStoreDbUrl })] as const
    }),
  )
  const stores = Object.fromEntries(opened) as Record<Context, EventStore>
  return {
    of: (context) => stores[context],
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(stores).map((store) => store.close()))
    },
  }
}
