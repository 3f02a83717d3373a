import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { asText, backOff, connectionConfig } from './connection.ts'

/**
 * A notification can be lost with its connection; the head is looked at this often all the same.
 */
export const headPollMs = 1_000

export interface HeadWatch {
  /** The newest head, as soon as it is beyond `position`; undefined when aborted or closed. */
  beyond(position: number, signal: AbortSignal): Promise<number | undefined>
  close(): Promise<void>
}

/**
 * Follows the head of the store for all subscriptions of a process, by LISTEN and a poll, over a
 * connection that is opened with the first of them and opened again whenever it is lost.
 */
export function createHeadWatch(connectionString: string): HeadWatch {
  const closing = new AbortController()
  const wakers = new Set<() => void>()
  let head = 0
  let running: Promise<void> | undefined

  const moveTo = (position: number) => {
    if (position <= head) return
    head = position
    for (const wake of wakers) wake()
  }

  async function follow() {
    for (let attempt = 1; !closing.signal.aborted; attempt += 1) {
      const client = new pg.Client(connectionConfig(connectionString))
      const lost = new AbortController()
      const onLost = () => {
        lost.abort()
        head = 0 // a server that comes back from a backup may have an earlier one
      }
      client.on('error', onLost)
      client.on('end', onLost)
      client.on('notification', ({ payload }) => moveTo(Number(payload)))
      try {
        await client.connect()
        await client.query('listen event_store')
        while (!closing.signal.aborted && !lost.signal.aborted) {
          moveTo(await readHead(client))
          attempt = 1
          await pause(headPollMs, AbortSignal.any([closing.signal, lost.signal]))
        }
      } catch {
        // Whatever it was, subscriptions outlive it: the reads tell their own failures.
      }
      await hangUp(client, lost.signal.aborted)
      await backOff(attempt, closing.signal)
    }
  }

  return {
    async beyond(position, signal) {
      running ??= follow()
      for (;;) {
        if (signal.aborted || closing.signal.aborted) return undefined
        if (head > position) return head
        await new Promise<void>((resolve) => {
          const wake = () => {
            wakers.delete(wake)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          wakers.add(wake)
          signal.addEventListener('abort', wake)
        })
      }
    },
    async close() {
      closing.abort()
      for (const wake of wakers) wake()
      await running
    },
  }
}

async function readHead(client: pg.Client): Promise<number> {
  const result = await client.query<[string]>({
    name: 'head',
    text: 'select position from event_store.head',
    rowMode: 'array',
    types: asText,
  })
  return Number(result.rows[0]?.[0] ?? 0)
}

async function hangUp(client: pg.Client, lost: boolean) {
  if (lost) client.connection.stream.destroy()
  else await client.end().catch(() => undefined)
}

async function pause(ms: number, signal: AbortSignal) {
  try {
    await delay(ms, undefined, { signal })
  } catch {
    // Ended early.
  }
}
