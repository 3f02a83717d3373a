import {
  AccessDeniedError,
  convertToCommandError,
  StreamDeletedError,
  UnavailableError,
} from '@eventstore/db-client'
import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailable } from '../port.ts'

/** Waits between tries: doubling from the first to the last, up to half of each at random. */
const backOffFirstMs = 25
const backOffLastMs = 1_000

/** What the client's errors say of a failed call; anything that is no error becomes one. */
export function failureOf(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  try {
    return convertToCommandError(error)
  } catch {
    return error // its metadata lack what the client's error class wants to read from them
  }
}

export const isTombstoned = (error: Error) => error instanceof StreamDeletedError

/** A repeat would be refused alike: the configuration is wrong, not the moment. */
export const isForbidden = (error: Error) => error instanceof AccessDeniedError

/**
 * Whether the server certainly did nothing: it was not reached, or said that it is not ready. gRPC
 * has no code for it, so this reads messages; one that it does not know counts as doubt.
 */
export function isCertainlyUndone(error: Error) {
  if (error.message.startsWith('Failed to discover ')) return true
  if (/Server Is Not Ready/i.test(error.message)) return true
  return (
    error instanceof UnavailableError &&
    /No connection established|ECONNREFUSED|Name resolution failed/.test(error.message)
  )
}

/** How long to wait before the next try, after so many that failed. */
export function backOffMs(failures: number, random: () => number = Math.random) {
  const full = Math.min(backOffFirstMs * 2 ** Math.min(failures - 1, 16), backOffLastMs)
  return full / 2 + (full / 2) * random()
}

/** Waits, or ends early by the signal. */
export async function pause(durationMs: number, signal: AbortSignal) {
  if (signal.aborted) return
  await delay(durationMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

export const closedError = () => new Error('The event store was closed.')

export function unavailable(action: string, maybeWritten: boolean, cause: Error) {
  const written = maybeWritten ? '; the events may have been written all the same' : ''
  return new StoreUnavailable(`EventStoreDB did not ${action}${written}.`, maybeWritten, { cause })
}
