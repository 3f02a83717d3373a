import type { Database } from './database.ts'
import { createListener } from './listener.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Tells when something may have changed, whichever process changed it. A hint: look, and poll. */
export interface Wakeups {
  start(): void
  /** How many hints there were so far: to be noted before looking, and waited for afterwards. */
  count(): number
  /** Resolves when there is a hint after that count, or after the time. */
  after(count: number, limitMs: number): Promise<void>
  /** A change made by this process. */
  wake(): void
  close(): Promise<void>
}

export interface WakeupsOptions {
  readonly database: Pick<Database, 'connect'>
  /** Of the connection that listens. */
  readonly name: string
  readonly channels: readonly string[]
  readonly logger: Pick<Logger, 'warn'>
}

export function createWakeups(options: WakeupsOptions): Wakeups {
  const waiting = new Set<() => void>()
  let listener: ReturnType<typeof createListener> | undefined
  let changes = 0

  const wake = () => {
    changes += 1
    const woken = [...waiting]
    waiting.clear()
    for (const resolve of woken) resolve()
  }

  return {
    start() {
      listener ??= createListener({
        ...options,
        onNotification: wake,
        onListening: wake, // what changed before was not heard
        onLost: wake,
      })
    },
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
      await listener?.close()
    },
  }
}
