import type { ServerResponse } from 'node:http'
import { once } from 'node:events'
import { encodeCursor, type Cursor, type Owner } from './cursor.ts'
import type { Delivery } from './delivery.ts'

/** Why a stream ends by our will, told in its last event `end`. */
export type EndReason = 'session-revoked' | 'token-expired' | 'shutting-down'

/** Why a stream could not go on where it was left, told in an event `reset`. */
export type ResetReason = 'too-old' | 'unknown-id'

export const connectionLimits = {
  /** Not yet taken by the client when more comes: above it the client is too slow and is let go. */
  bufferBytesMax: 1024 * 1024,
  /** Live events held while missed ones are replayed. */
  heldMax: 2_000,
  /** For a client to take what was replayed so far. */
  drainTimeoutMs: 10_000,
} as const

export interface Connection {
  readonly owner: Owner
  readonly sessionId: string
  /** Writes an event that follows on what was seen; holds it back until `goLive`. */
  deliver(delivery: Delivery): void
  /** Writes an event that was missed, no faster than the client takes them. */
  replayed(delivery: Delivery): Promise<void>
  /** Writes what was held back; from now on events are written as they come. */
  goLive(): void
  /** Tells that everything up to here was seen or was of no concern. */
  passed(cursor: Cursor): void
  reset(reason: ResetReason, cursor: Cursor): void
  end(reason: EndReason): void
  closed(): boolean
}

/** One client's stream of events, in the format of the WHATWG HTML standard, section 9.2. */
export function createConnection(parameters: {
  readonly response: ServerResponse
  readonly owner: Owner
  readonly sessionId: string
  readonly cursor: Cursor
  readonly instanceId: string | undefined
  readonly onSlow: () => void
}): Connection {
  const { response, owner, sessionId, instanceId, onSlow } = parameters
  let cursor = { ...parameters.cursor }
  let held: Delivery[] | undefined = []

  const letGo = () => {
    onSlow()
    response.destroy()
  }
  const write = (text: string) => {
    if (response.writableEnded || response.destroyed) return
    if (response.writableLength > connectionLimits.bufferBytesMax) letGo()
    else response.write(text)
  }
  const writeEvent = ({ context, sequence, type, instanceId: about, text }: Delivery) => {
    if (sequence <= (cursor[context] ?? 0)) return
    cursor[context] = sequence
    if (instanceId !== undefined && about !== instanceId) return
    write(`id: ${encodeCursor(cursor, owner)}\nevent: ${type}\ndata: ${text}\n\n`)
  }

  return {
    owner,
    sessionId,
    deliver(delivery) {
      if (held === undefined) writeEvent(delivery)
      else if (held.push(delivery) > connectionLimits.heldMax) letGo()
    },
    async replayed(delivery) {
      writeEvent(delivery)
      if (!response.writableNeedDrain || response.destroyed) return
      const signal = AbortSignal.timeout(connectionLimits.drainTimeoutMs)
      await once(response, 'drain', { signal }).catch(letGo)
    },
    goLive() {
      for (const delivery of held ?? []) writeEvent(delivery)
      held = undefined
    },
    passed(seen) {
      if (held !== undefined) return
      cursor = { ...cursor, ...seen }
      // An id without data moves the client's Last-Event-ID and is no event.
      write(`: heartbeat\nid: ${encodeCursor(cursor, owner)}\n\n`)
    },
    reset(reason, from) {
      cursor = { ...from }
      const id = encodeCursor(cursor, owner)
      write(`id: ${id}\nevent: reset\ndata: ${JSON.stringify({ reason })}\n\n`)
    },
    end(reason) {
      if (response.writableEnded || response.destroyed) return
      response.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`)
    },
    closed: () => response.writableEnded || response.destroyed,
  }
}
