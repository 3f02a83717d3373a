import type { Database } from '@atrium/platform/database/database.ts'
import { createListener } from '@atrium/platform/database/listener.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'

/** Tells when jobs may have changed, whoever changed them. Only a hint: look, and poll. */
export interface Wakeups {
  /** How many hints there were so far: to be noted before looking, and waited for afterwards. */
  count(): number
  /** Resolves when there is a hint after that count, or after the time. */
  after(count: number, limitMs: number): Promise<void>
  /** A change made by this process. */
  wake(): void
  close(): Promise<void>
}

/** Leases that end, and read models that move on. */
const channels = ['pdf_queue', 'atrium_projection']

export function createWakeups(
  database: Pick<Database, 'connect'>,
  logger: Pick<Logger, 'warn'>,
): Wakeups {
  const waiting = new Set<() => void>()
  let changes = 0

  const wake = () => {
    changes += 1
    const woken = [...waiting]
    waiting.clear()
    for (const resolve of woken) resolve()
  }
  const listener = createListener({
    database,
    name: 'pdf queue',
    channels,
    onNotification: wake,
    onListening: wake, // what changed before was not heard
    logger,
  })

  return {
    count: () => changes,
    async after(count, limitMs) {
      if (changes !== count) return
      const woken = Promise.withResolvers<void>()
      waiting.add(woken.resolve)
      const timer = setTimeout(woken.resolve, limitMs)
      await woken.promise
      clearTimeout(timer)
      waiting.delete(woken.resolve)
    },
    wake,
    async close() {
      wake()
      await listener.close()
    },
  }
}
