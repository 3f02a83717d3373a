import type { ServerResponse } from 'node:http'
import { Rejection } from '../rejection.ts'

/** The time that one request has, and whether its client is still there. */
export interface Deadline {
  readonly signal: AbortSignal
  /** The time begins anew: a body goes on coming. */
  refresh(): void
  /** The work's result, or Rejection `unavailable` when the time is up first. */
  limit<Result>(work: Promise<Result>): Promise<Result>
  close(): void
}

export function createDeadline(response: ServerResponse, timeoutMs: number): Deadline {
  const controller = new AbortController()
  const expired = Promise.withResolvers<never>()
  expired.promise.catch(() => undefined)
  let open = true
  const timer = setTimeout(() => {
    open = false
    const reason = new Rejection('unavailable', {}, { cause: new Error('out of time') })
    controller.abort(reason)
    expired.reject(reason)
  }, timeoutMs)
  const gone = () => {
    if (!response.writableFinished) controller.abort(new Error('the client has gone'))
  }
  response.once('close', gone)
  return {
    signal: controller.signal,
    refresh() {
      if (open) timer.refresh()
    },
    limit: (work) => Promise.race([work, expired.promise]),
    close() {
      open = false
      clearTimeout(timer)
    },
  }
}
