import { contexts } from '@atrium/contracts/context.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import type { RunFile } from '@atrium/platform/servers/run-file.ts'

/**
 * The steps of a sign-up, in order. A kill right after one falls between it and the next: the claim
 * of the address, the registration, the session, the message on NATS, the workspace, its message.
 */
export const steps = {
  claimed: { in: 'log', type: 'ValueClaimed' },
  registered: { in: 'log', type: 'UserRegistered' },
  'signed-in': { in: 'log', type: 'SessionStarted' },
  'registration-published': { in: 'nats', type: 'UserRegistered' },
  'workspace-created': { in: 'log', type: 'InstanceCreated' },
  'workspace-published': { in: 'nats', type: 'InstanceCreated' },
} as const

export type Step = keyof typeof steps
export const stepNames = Object.keys(steps) as [Step, ...Step[]]

export interface StepWatch {
  /** Calls back at once when the step is seen next. */
  next(step: Step, reached: () => void): void
  close(): Promise<void>
}

/** Watches the logs and NATS as any subscriber does; it survives the kills too. */
export async function watchSteps(running: RunFile): Promise<StepWatch> {
  const closing = new AbortController()
  const waiting = new Map<string, () => void>()
  const seen = (place: 'log' | 'nats', type: string) => {
    const reached = waiting.get(`${place} ${type}`)
    if (!reached) return
    waiting.delete(`${place} ${type}`)
    reached()
  }

  const stores = await Promise.all(
    contexts.map((context) =>
      openEventStore({
        context,
        databaseUrl: running.contexts[context]?.databaseUrl ?? '',
        eventStoreDbUrl: running.eventStoreDbUrl,
      }),
    ),
  )
  const follow = async (store: EventStore, prefix: string) => {
    const filter = { streamPrefixes: [prefix] }
    const after = await store.headPosition(filter)
    for await (const batch of store.subscribe({ after, filter, signal: closing.signal })) {
      for (const { type } of batch) seen('log', type)
    }
  }
  const following = contexts.map((context, index) => {
    const store = stores[index]
    return store ? follow(store, `${context}.`) : Promise.resolve()
  })

  const nats = await connectNats({
    url: running.natsUrl,
    name: 'faults',
    logger: createLogger({ name: 'faults', level: 'silent' }),
  })
  nats.subscribe('atrium.>', {
    callback: (_error, message) => seen('nats', message.subject.split('.').at(-1) ?? ''),
  })

  return {
    next(step, reached) {
      waiting.set(`${steps[step].in} ${steps[step].type}`, reached)
    },
    async close() {
      closing.abort()
      await Promise.allSettled(following)
      await nats.close()
      await Promise.all(stores.map((store) => store.close()))
    },
  }
}
