import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Rejection } from '../rejection.ts'

export interface BodyLimits {
  readonly bytesMax: number
  /** Between two pieces, while one is wanted. */
  readonly idleTimeoutMs?: number
  /** For all of it to arrive. */
  readonly timeoutMs?: number
}

export interface BodyEvents {
  /** The first piece is wanted. */
  onBegin?(): void
  onPiece?(): void
}

/** What may wait to be taken, of up to 64 KiB each; then the client is asked to wait. */
const bufferedPiecesMax = 8

/**
 * The body of a request, read no faster than it is taken, and not at all before it is wanted. Ends
 * with Rejection `body-too-large` where more comes than the limit, `request-timeout` where a limit
 * of time is over, `malformed-request` where the client leaves before the end. The request itself
 * is never destroyed, so that an answer can still be given.
 */
export function createBodyStream(
  request: IncomingMessage,
  limits: BodyLimits,
  events: BodyEvents = {},
): Readable {
  const { bytesMax } = limits
  let begun = false
  let bytes = 0

  const stream = new Readable({
    objectMode: true, // each piece as it came: who takes several would get a copy of them in one
    highWaterMark: bufferedPiecesMax,
    read() {
      if (!begun) begin()
      request.resume()
    },
    destroy(error, done) {
      letGo()
      done(error)
    },
  })
  const patience = createPatience(limits, {
    isWaiting: () => !request.isPaused(),
    giveUp: () => stream.destroy(new Rejection('request-timeout')),
  })

  function begin() {
    begun = true
    events.onBegin?.()
    patience.begin()
    request.on('data', take).on('end', end).on('error', breakOff).on('close', breakOff)
    if (request.destroyed) breakOff()
  }

  function letGo() {
    patience.end()
    // The listener for errors stays: without one a late loss of the connection ends the process.
    request.off('data', take).off('end', end).off('close', breakOff)
    if (begun && !request.readableEnded) request.pause()
  }

  function take(piece: Buffer) {
    bytes += piece.length
    if (bytes > bytesMax) {
      stream.destroy(new Rejection('body-too-large', { bytesMax }))
      return
    }
    patience.refresh()
    events.onPiece?.()
    if (!stream.push(piece)) request.pause()
  }

  function end() {
    patience.end()
    stream.push(null)
  }

  function breakOff(error?: Error) {
    if (request.readableEnded || stream.destroyed) return
    const cause = error ?? new Error('the connection was closed')
    stream.destroy(new Rejection('malformed-request', { detail: 'the body broke off' }, { cause }))
  }

  return stream
}

/** The limits of time. Who does not take what is there waits for nobody. */
function createPatience(
  { idleTimeoutMs, timeoutMs }: BodyLimits,
  { isWaiting, giveUp }: { isWaiting(): boolean; giveUp(): void },
) {
  let idle: NodeJS.Timeout | undefined
  let whole: NodeJS.Timeout | undefined
  const beIdle = () => {
    if (isWaiting()) giveUp()
    else idle?.refresh()
  }
  return {
    begin() {
      if (idleTimeoutMs !== undefined) idle = setTimeout(beIdle, idleTimeoutMs)
      if (timeoutMs !== undefined) whole = setTimeout(giveUp, timeoutMs)
    },
    refresh: () => idle?.refresh(),
    end() {
      clearTimeout(idle)
      clearTimeout(whole)
    },
  }
}

/** Throws Rejection `body-too-large` for a length that is announced and too much. */
export function refuseAnnounced({ headers }: IncomingMessage, bytesMax: number): void {
  if (Number(headers['content-length'] ?? 0) > bytesMax) {
    throw new Rejection('body-too-large', { bytesMax })
  }
}

/** Whether content follows the head. */
export const announcesBody = ({ headers }: Pick<IncomingMessage, 'headers'>) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
