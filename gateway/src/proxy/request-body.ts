import type { IncomingMessage, ServerResponse } from 'node:http'
import { Rejection } from '@atrium/platform/rejection.ts'

export interface BodyLimits {
  readonly bodyBytesMax: number
}

/** What became of a body on its way: why it ended early, if it did. */
export interface BodyProgress {
  fault?: Error
}

/** Whether content follows; on GET and HEAD it means nothing and is left unread. */
export function hasBody({ method, headers }: IncomingMessage) {
  if (method === 'GET' || method === 'HEAD') return false
  if (headers['transfer-encoding'] !== undefined) return true
  return headers['content-length'] !== undefined && headers['content-length'] !== '0'
}

/** Throws `body-too-large` for a length that is announced and too much. */
export function refuseAnnounced({ headers }: IncomingMessage, { bodyBytesMax }: BodyLimits) {
  if (Number(headers['content-length'] ?? 0) > bodyBytesMax) throw tooLarge(bodyBytesMax)
}

/** A body that has come as a whole, or how to read a larger one from its beginning. */
export type Body = Buffer | (() => AsyncIterable<Buffer>)

/** Larger bodies pass through as they come; those of JSON routes are no larger. */
const gatheredBytesMax = 256 * 1024

/**
 * Waits for a small body before a service is asked at all: whoever sends it byte by byte would
 * otherwise hold one of the few connections to the service, and a handful of such clients all of
 * them. Throws as `readBody` does.
 */
export async function gatherBody(...parameters: Parameters<typeof readBody>): Promise<Body> {
  const rest = readBody(...parameters)
  const begin: Buffer[] = []
  for (let bytes = 0; bytes <= gatheredBytesMax;) {
    const piece = await rest.next()
    if (piece.done) return Buffer.concat(begin)
    begin.push(piece.value)
    bytes += piece.value.length
  }
  return async function* () {
    yield* begin
    yield* rest
  }
}

/**
 * The client's body piece by piece, read no faster than it is taken. Asks the client to go on where
 * it waits for that (Expect: 100-continue). Ends with an error when the client breaks off, and with
 * `body-too-large` when more comes than the limit; the request itself is never destroyed, so an
 * answer can still be given.
 */
async function* readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { bodyBytesMax }: BodyLimits,
  progress: BodyProgress,
) {
  if (request.headers.expect !== undefined) response.writeContinue()
  let bytes = 0
  try {
    const pieces: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
    for await (const piece of pieces) {
      bytes += piece.length
      if (bytes > bodyBytesMax) throw tooLarge(bodyBytesMax)
      yield piece
    }
  } catch (error) {
    progress.fault = error instanceof Error ? error : new Error('the body broke', { cause: error })
    throw progress.fault
  }
}

const tooLarge = (bytesMax: number) => new Rejection('body-too-large', { bytesMax })
