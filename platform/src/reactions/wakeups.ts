import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'

/** Tells when something changed in the inbox, whichever process changed it. */
export interface Wakeups {
  start(): void
  /** How many changes were told so far: to be noted before looking, and waited for afterwards. */
  count(): number
  /** Resolves when there is a change after that count, or after the time. */
  after(count: number, limitMs: number): Promise<void>
  /** A change made by this process. */
  wake(): void
  close(): Promise<void>
}

const channel = 'atrium_reactions'
const retryMs = 500
/** So that a connection that died without a word is noticed. */
const heartbeatMs = 10_000

/** Listens on one connection, reconnects for ever; a lost connection counts as a change. */
export function createWakeups(database: Pick<Database, 'connect'>, logger: Logger): Wakeups {
  const closing = new AbortController()
  const waiting = new Set<() => void>()
  let changes = 0
  let listening: Promise<void> | undefined

  const wake = () => {
    changes += 1
    const woken = [...waiting]
    waiting.clear()
    for (const resolve of woken) resolve()
  }

  async function listen() {
    const { signal } = closing
    while (!signal.aborted) {
      let client: Client | undefined
      try {
        client = await database.connect('reactions', signal)
        await listenOn(client)
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, 'listening for reactions begins again')
      } finally {
        void client?.end().catch(() => undefined)
      }
      wake()
      await delay(retryMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
    }
  }

  async function listenOn(client: Client) {
    const lost = new AbortController()
    client.on('error', (error) => lost.abort(error))
    client.on('end', () => lost.abort(new Error('the connection has ended')))
    client.on('notification', wake)
    await client.query(`listen ${channel}`)
    wake() // what changed before is not told
    const signal = AbortSignal.any([lost.signal, closing.signal])
    while (!signal.aborted) {
      await delay(heartbeatMs, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await client.query('select 1')
    }
    lost.signal.throwIfAborted()
  }

  return {
    start() {
      listening ??= listen()
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
      closing.abort()
      wake()
      await listening
    },
  }
}
