import { setTimeout as delay } from 'node:timers/promises'
import { once } from 'node:events'
import type { Client, Notification } from 'pg'
import type { Logger } from '../telemetry/logger.ts'
import type { Database } from './database.ts'

/** The pause before a lost connection is made again; it doubles up to the limit. */
const pauseMs = { first: 100, max: 5_000 }

export interface ListenerOptions {
  readonly database: Pick<Database, 'connect'>
  readonly name: string
  readonly channels: readonly string[]
  readonly onNotification: (channel: string, payload: string) => void
  /** Each time when listening begins (again): what was said in between was not heard. */
  readonly onListening?: () => void
  readonly onLost?: () => void
  readonly logger: Pick<Logger, 'warn'>
}

/** So that a connection that died without a word is noticed. */
const heartbeatMs = 10_000

/**
 * Listens on a connection of its own, which is made again for ever. Hearing is a hint: poll too.
 */
export function createListener(options: ListenerOptions) {
  const stopping = new AbortController()
  const done = listenForEver(options, stopping.signal)
  return {
    async close() {
      stopping.abort()
      await done
    },
  }
}

async function listenForEver(options: ListenerOptions, signal: AbortSignal) {
  let pause = pauseMs.first
  while (!signal.aborted) {
    try {
      await listen(options, signal, () => {
        pause = pauseMs.first
      })
    } catch (error) {
      if (signal.aborted) return
      options.logger.warn({ err: error, listener: options.name }, 'the listening connection failed')
    }
    await delay(pause, undefined, { signal }).catch(() => {})
    pause = Math.min(pause * 2, pauseMs.max)
  }
}

/** Until the connection ends or the signal is given. */
async function listen(options: ListenerOptions, signal: AbortSignal, onListening: () => void) {
  const client = await options.database.connect(options.name, signal)
  const ended = once(client, 'end')
  ended.catch(() => {}) // it may break before anybody waits; the query under way tells it
  try {
    client.on('notification', ({ channel, payload }: Notification) => {
      options.onNotification(channel, payload ?? '')
    })
    await client.query(options.channels.map((channel) => `listen ${channel}`).join('; '))
    onListening()
    options.onListening?.()
    await beat(client, ended, signal)
  } finally {
    options.onLost?.()
    if (signal.aborted) await client.end().catch(() => {})
  }
}

/** Resolves when the connection has ended or the signal is given; throws where it is dead. */
async function beat(client: Client, ended: Promise<unknown>, signal: AbortSignal) {
  const over = new AbortController()
  const done = AbortSignal.any([over.signal, signal])
  ended.then(() => over.abort()).catch((error: unknown) => over.abort(error))
  while (!done.aborted) {
    await delay(heartbeatMs, undefined, { signal: done }).catch(() => {})
    if (!done.aborted) await client.query('select 1')
  }
  if (!signal.aborted) await ended
}
