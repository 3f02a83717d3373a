import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { announcesBody, createBodyStream } from '@atrium/platform/http/body-stream.ts'

export interface BodyLimits {
  readonly bodyBytesMax: number
  /** It passes as it comes, in as much time as it takes while pieces come. */
  readonly isStream: boolean
  /** For a body that is no stream to arrive. */
  readonly requestTimeoutMs: number
  /** Between two pieces of a stream. */
  readonly requestIdleTimeoutMs: number
}

/** What became of a body on its way. */
export interface BodyProgress {
  /** Why it ended early, if it did. */
  fault?: Error
  /** The client was told to go on (Expect: 100-continue). */
  continued: boolean
}

/** Whether content follows; on GET and HEAD it means nothing and is left unread. */
export const hasBody = (request: IncomingMessage) =>
  request.method !== 'GET' && request.method !== 'HEAD' && announcesBody(request)

/** A body that has come as a whole, or a stream of it for each attempt to send it. */
export type Body = Buffer | (() => Readable)

/**
 * The client's body, read no faster than it is taken and not before it is wanted. Asks the client
 * to go on where it waits for that. Fails as `createBodyStream` says; the request itself is never
 * destroyed, so that an answer can still be given.
 */
export function openBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
  progress: BodyProgress,
): Readable {
  const times = limits.isStream
    ? { idleTimeoutMs: limits.requestIdleTimeoutMs }
    : { timeoutMs: limits.requestTimeoutMs }
  const onBegin = () => {
    if (request.headers.expect === undefined || progress.continued) return
    progress.continued = true
    response.writeContinue()
  }
  const body = createBodyStream(request, { bytesMax: limits.bodyBytesMax, ...times }, { onBegin })
  return body.on('error', (error) => (progress.fault = error))
}

/** Larger bodies pass through as they come; those of most JSON routes are no larger. */
const gatheredBytesMax = 256 * 1024

/**
 * Waits for a small body before a service is asked at all: whoever sends it byte by byte would
 * otherwise hold one of the few connections to the service, and a handful of such clients all of
 * them. Throws what the body fails with.
 */
export async function gatherBody(body: Readable): Promise<Body> {
  const rest: AsyncIterator<Buffer> = body.iterator({ destroyOnReturn: false })
  const begin: Buffer[] = []
  for (let bytes = 0; bytes <= gatheredBytesMax;) {
    const piece = await rest.next()
    if (piece.done) return Buffer.concat(begin)
    begin.push(piece.value)
    bytes += piece.value.length
  }
  async function* again() {
    yield* begin
    yield* { [Symbol.asyncIterator]: () => rest }
  }
  // A stream of its own for each attempt: undici destroys it on a failure.
  return () => Readable.from(again(), { objectMode: false })
}
