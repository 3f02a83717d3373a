import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import {
  StreamTombstoned,
  type EventFilter,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
} from '../port.ts'
import type { Connection } from './connection.ts'
import {
  backOffMs,
  closedError,
  failureOf,
  isForbidden,
  isTombstoned,
  pause,
  unavailable,
} from './failure.ts'
import {
  allRequest,
  logEndRequest,
  matches,
  matchesNothing,
  recordedEvent,
  safeInteger,
  streamRequest,
} from './protocol.ts'
import { receive } from './receive.ts'

export interface ReadLimits {
  /** A read that brings nothing for so long is asked again from where it stopped. */
  readonly silenceMaxMs: number
  /** How long a read may go on failing without any progress. */
  readonly giveUpAfterMs: number
  readonly batchSizeMax: number
}

export interface Reading {
  readonly connection: Connection
  readonly limits: ReadLimits
  /** Ends every wait when the store is closed. */
  readonly closed: AbortSignal
}

/**
 * Runs a read to its end, and begins it again after each failure from where `next` then says. Gives
 * up when nothing came for `giveUpAfterMs`.
 */
async function* persistently(
  { connection, limits, closed }: Reading,
  what: string,
  next: () => ReadReq | undefined,
): AsyncGenerator<readonly ReadResp[], void, undefined> {
  let failures = 0
  let lastProgressAt = performance.now()
  while (true) {
    const request = next()
    if (!request) return
    if (closed.aborted) throw unavailable(what, false, closedError())
    try {
      const call = await connection.read(request)
      const received = receive(call, {
        messagesMax: limits.batchSizeMax,
        silenceMaxMs: limits.silenceMaxMs,
        signal: closed,
      })
      for await (const messages of received) {
        yield messages
        failures = 0
        lastProgressAt = performance.now()
      }
      if (!closed.aborted) return
      throw closedError()
    } catch (thrown) {
      const error = failureOf(thrown)
      if (isTombstoned(error)) throw new StreamTombstoned(what, { cause: error })
      failures += 1
      const waitMs = backOffMs(failures)
      const late = performance.now() + waitMs - lastProgressAt > limits.giveUpAfterMs
      if (late || closed.aborted || isForbidden(error)) throw unavailable(what, false, error)
      await pause(waitMs, closed)
    }
  }
}

export async function* readStream(
  reading: Reading,
  stream: string,
  { direction = 'forwards', from, limit = Number.MAX_SAFE_INTEGER }: ReadStreamOptions = {},
): AsyncGenerator<RecordedEvent, void, undefined> {
  let nextRevision = from
  let left = limit
  const step = direction === 'forwards' ? 1 : -1
  const next = () =>
    left <= 0 || (nextRevision !== undefined && nextRevision < 0)
      ? undefined
      : streamRequest(stream, { direction, from: nextRevision, limit: left })

  for await (const messages of persistently(reading, `read the stream ${stream}`, next)) {
    for (const message of messages) {
      const event = recordedEvent(message)
      if (!event) continue
      nextRevision = event.revision + step
      left -= 1
      yield event
    }
  }
}

export async function* readAll(
  reading: Reading,
  { after = 0, filter, limit = Number.MAX_SAFE_INTEGER }: ReadAllOptions = {},
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  if (limit <= 0 || matchesNothing(filter)) return
  const head = await logEnd(reading)
  let position = after
  let left = limit
  const next = () =>
    left <= 0 || position >= head
      ? undefined
      : allRequest({ direction: 'forwards', from: position, filter })

  for await (const messages of persistently(reading, 'read all events', next)) {
    const events: RecordedEvent[] = []
    let beyond = false
    for (const message of messages) {
      const event = recordedEvent(message)
      if (!event || event.position <= position) continue // it begins with the last one read
      beyond = event.position > head
      if (beyond || events.length === left) break
      position = event.position
      if (matches(event, filter)) events.push(event)
    }
    left -= events.length
    if (events.length > 0) yield events
    if (beyond || left <= 0) return
  }
}

/** Looks from the end of the log for the last event that matches; its position, or 0. */
export async function lastBackwards(reading: Reading, filter: EventFilter | undefined) {
  const next = () => allRequest({ direction: 'backwards', filter })
  for await (const messages of persistently(reading, 'tell its head', next)) {
    for (const message of messages) {
      const event = recordedEvent(message)
      if (event && matches(event, filter)) return event.position
    }
  }
  return 0
}

/** The position of the last record of the log, system events too. */
export async function logEnd(reading: Reading) {
  for await (const messages of persistently(reading, 'tell its head', logEndRequest)) {
    for (const message of messages) {
      const record = message.getEvent()?.getEvent()
      if (record) return safeInteger(record.getCommitPosition())
    }
  }
  return 0
}
