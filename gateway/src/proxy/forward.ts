import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { Rejection } from '@atrium/platform/rejection.ts'
import { refuseAnnounced } from '@atrium/platform/http/body-stream.ts'
import {
  gatherBody,
  hasBody,
  openBody,
  type Body,
  type BodyLimits,
  type BodyProgress,
} from './request-body.ts'
import { rejectionOf, wasNeverSent } from './upstream-fault.ts'
import type { Upstream } from './upstream.ts'

const attemptsMax = 3
const retryDelayMs = 50
const joinedBytesMax = 16 * 1024

/** One request on its way to a service and its answer on the way back. */
export interface Passage extends BodyLimits {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly upstream: Upstream
  readonly method: Dispatcher.HttpMethod
  /** Path and query as the client wrote them. */
  readonly path: string
  /** The headers that the service gets. */
  headers(contentLength: string | undefined): string[]
  /** The headers that the client gets for the service's. */
  answerHeaders(given: Record<string, string | string[] | undefined>): string[]
  /**
   * Nothing was answered yet: this problem is the answer. `fault` is for the log. A client that was
   * not told to go on with its body must not take the answer for leave to do so: it is hung up on.
   */
  refuse(rejection: Rejection, options: { fault?: Error; continued: boolean }): void
}

interface Progress extends BodyProgress {
  attempts: number
  clientGone: boolean
  controller?: Dispatcher.DispatchController
}

/**
 * Passes one request on. The answer streams back with back-pressure; when the client goes away the
 * request upstream is aborted. It is repeated, a few times, only when nothing of it was sent, or
 * when the method is safe and no answer had begun. The client must still be there at the call.
 */
export function forward(passage: Passage): void {
  const { request, response, upstream } = passage
  const progress: Progress = { attempts: 0, clientGone: false, continued: false }
  const withBody = hasBody(request)
  try {
    refuseCrowd(upstream)
    if (withBody) refuseAnnounced(request, passage.bodyBytesMax)
  } catch (error) {
    passage.refuse(error as Rejection, progress)
    return
  }
  upstream.inFlight += 1
  response.once('close', () => {
    upstream.inFlight -= 1
    if (response.writableFinished) return
    progress.clientGone = true
    progress.controller?.abort(new Error('the client went away'))
  })
  if (!withBody) return send(passage, progress)
  const open = () => openBody(request, response, passage, progress)
  if (passage.isStream) return send(passage, progress, open)
  gatherBody(open()).then(
    (body) => {
      if (!progress.clientGone) send(passage, progress, body)
    },
    (reason: unknown) => {
      const error = progress.fault ?? new Error('the body failed', { cause: reason })
      if (!isGone(passage, progress)) refuseFor(passage, progress, error)
    },
  )
}

function refuseCrowd({ inFlight, limits }: Upstream) {
  if (inFlight < limits.requestsInFlightMax) return
  throw new Rejection('unavailable', { retryAfterSeconds: 1 })
}

const refuseFor = (passage: Passage, { continued }: Progress, fault: Error) =>
  passage.refuse(rejectionOf(fault), { fault, continued })

/** Also where only its request has told so yet. */
const isGone = ({ request }: Passage, { clientGone }: Progress) =>
  clientGone || (request.destroyed && !request.complete)

function send(passage: Passage, progress: Progress, body?: Body) {
  const { request, upstream } = passage
  progress.attempts += 1
  upstream.dispatcher.dispatch(
    {
      method: passage.method,
      path: passage.path,
      headers: passage.headers(body && request.headers['content-length']),
      body: typeof body === 'function' ? body() : (body ?? null),
    },
    createHandler(passage, progress, body),
  )
}

/** Turns undici's callbacks into the client's answer. */
function createHandler(
  passage: Passage,
  progress: Progress,
  body: Body | undefined,
): Dispatcher.DispatchHandler {
  const { response } = passage
  let status = 0
  let headers: string[] = []
  let contentLength: number | undefined

  const writeHead = () => {
    response.writeHead(status, headers)
    headers = []
  }
  return {
    onRequestStart(controller) {
      progress.controller = controller
      if (progress.clientGone) controller.abort(new Error('the client went away'))
    },
    onResponseStart(_controller, statusCode, given) {
      if (statusCode < 200) return
      status = statusCode
      headers = passage.answerHeaders(given)
      const length = given['content-length']
      contentLength = typeof length === 'string' ? Number(length) : undefined
      // Head and body of a known length leave in one piece; an endless stream's head leaves at
      // once.
      if (contentLength !== undefined || passage.method === 'HEAD' || isBodiless(status)) return
      writeHead()
      response.flushHeaders()
    },
    onResponseData(controller, chunk) {
      if (!response.headersSent) writeHead()
      if (chunk.length === contentLength) {
        // As text of one byte a character it goes with the head in one write, bytes unchanged.
        if (chunk.length <= joinedBytesMax) response.end(chunk.toString('latin1'), 'latin1')
        else response.end(chunk)
        return
      }
      if (response.write(chunk)) return
      controller.pause()
      response.once('drain', () => controller.resume())
    },
    onResponseEnd() {
      if (!response.headersSent) writeHead()
      if (!response.writableEnded) response.end()
    },
    onResponseError(_controller, error) {
      if (isGone(passage, progress)) return
      if (response.headersSent) response.destroy(error)
      else if (status === 0 && mayRepeat(passage, progress, error)) {
        void delay(retryDelayMs * progress.attempts).then(() => {
          if (!progress.clientGone) send(passage, progress, body)
        })
      } else refuseFor(passage, progress, progress.fault ?? error)
    },
  }
}

const isBodiless = (status: number) => status === 204 || status === 304

function mayRepeat({ method }: Passage, progress: Progress, error: Error) {
  if (progress.attempts >= attemptsMax || progress.fault !== undefined) return false
  if (wasNeverSent(error)) return true
  return isBrokenConnection(error) && (method === 'GET' || method === 'HEAD')
}

const isBrokenConnection = (error: Error & { code?: unknown }) =>
  error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE'
