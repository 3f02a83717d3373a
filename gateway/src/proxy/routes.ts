import { isStreaming, type RouteDefinition } from '@atrium/contracts/route.ts'
import { problemHeaders, problemOf } from '@atrium/platform/http/problem.ts'
import type { Rejection } from '@atrium/platform/rejection.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Dispatcher } from 'undici'
import type { Admission, Door } from '../door.ts'
import { forward, type Passage } from './forward.ts'
import type { OpenStreams, StreamOwner } from './open-streams.ts'
import { requestHeaders, type Passport } from './request-headers.ts'
import { responseHeaders } from './response-headers.ts'
import type { Upstream, Upstreams } from './upstream.ts'

const bodyBytesMaxDefault = 1024 * 1024

interface Proxy {
  readonly door: Door
  readonly openStreams: OpenStreams
  readonly logger: Logger
}

/**
 * Passes every route of the table to the service that has it. Streams go their own way there: slow
 * ones, and there may be many, then keep no connection from the others.
 */
export function proxyRoutes(
  parameters: Proxy & {
    readonly routes: readonly RouteDefinition[]
    readonly upstreamOf: (context: RouteDefinition['context']) => Upstreams | undefined
  },
) {
  const { routes, upstreamOf } = parameters
  for (const route of routes) {
    const upstreams = upstreamOf(route.context)
    if (!upstreams) continue
    const upstream = isStreaming(route) ? upstreams.streams : upstreams.others
    admitTo(parameters, route, upstream)
  }
}

function admitTo({ door, openStreams, logger }: Proxy, route: RouteDefinition, upstream: Upstream) {
  const { requestTimeoutMs, requestIdleTimeoutMs } = upstream.limits
  const limits = {
    requestTimeoutMs,
    requestIdleTimeoutMs,
    bodyBytesMax: route.bodyBytesMax ?? bodyBytesMaxDefault,
    isStream: route.bodyKind === 'stream',
  }
  const mayFrame = route.answers === 'stream'
  door.admit(route, ({ raw: request }, { raw: response }, admission) => {
    const refuse = refuserOf(request, response, admission, { name: upstream.name, logger })
    if (isStreaming(route)) {
      try {
        openStreams.begin(ownerOf(admission), response)
      } catch (error) {
        return refuse(error as Rejection, { continued: false })
      }
    }
    forward({
      ...limits,
      request,
      response,
      upstream,
      method: request.method as Dispatcher.HttpMethod,
      path: request.url ?? '/',
      headers: (contentLength) =>
        requestHeaders(request.headers, passportOf(admission), contentLength),
      answerHeaders: (given) => responseHeaders(given, admission.headers, { mayFrame }),
      refuse,
    })
  })
}

function passportOf({ address, correlationId, traceparent, visitor }: Admission): Passport {
  const { tenant, authorization } = visitor
  return { tenant, address, correlationId, traceparent, authorization }
}

function ownerOf({ visitor: { caller, tenant }, address }: Admission): StreamOwner {
  const payer = caller ? `${tenant}\n${caller.userId}` : address
  return { payer, sessionId: caller?.sessionId }
}

function refuserOf(
  request: IncomingMessage,
  response: ServerResponse,
  { route, headers, correlationId }: Admission,
  { name, logger }: { readonly name: string; readonly logger: Logger },
): Passage['refuse'] {
  return (rejection, { fault, continued }) => {
    if (fault) {
      const { code } = rejection
      logger.warn({ err: fault, code, correlationId, service: name }, 'not passed on')
    }
    const problem = problemOf(rejection)
    const body = JSON.stringify(problem)
    response.writeHead(problem.status, [
      ...headers,
      ...Object.entries({ ...route.fixedHeaders, ...problemHeaders(problem) }).flat(),
      'content-length',
      String(Buffer.byteLength(body)),
      ...(request.headers.expect === undefined || continued ? [] : ['connection', 'close']),
    ])
    response.end(request.method === 'HEAD' ? undefined : body)
  }
}
