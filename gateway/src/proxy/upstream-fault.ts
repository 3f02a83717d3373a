import { Rejection } from '@atrium/platform/rejection.ts'

/** Errors of making a connection: nothing of the request has left the gateway. */
const connecting = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
])

const codeOf = (error: unknown): unknown =>
  error instanceof AggregateError
    ? codeOf(error.errors[0])
    : error instanceof Error && 'code' in error
      ? error.code
      : undefined

export const wasNeverSent = (error: Error) => connecting.has(String(codeOf(error)))

/** The problem that a client meets for what went wrong on the way to a service. */
export function rejectionOf(error: Error): Rejection {
  if (error instanceof Rejection) return error
  const code = String(codeOf(error))
  if (connecting.has(code)) return new Rejection('unavailable', { retryAfterSeconds: 1 })
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new Rejection('upstream-timeout')
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
    return new Rejection('malformed-request')
  }
  return new Rejection('upstream-failed')
}
