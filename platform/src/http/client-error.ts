import type { ProblemCode } from '@atrium/contracts/problem.ts'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { problemHeaders, problemOf } from './problem.ts'

const codes: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/**
 * Answers what never became a request (malformed HTTP, too many or too late header fields) with a
 * problem, and ends the connection: where the next request would begin is unknown.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = problemOf({
    code: codes[error.code ?? ''] ?? 'malformed-request',
    extensions: {},
  })
  const body = JSON.stringify(problem)
  const headers = {
    ...problemHeaders(problem),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const status = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n`
  socket.end(`${status}${head.join('')}\r\n${body}`, () => socket.destroy())
}
