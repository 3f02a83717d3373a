import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { problemHeaders, problemOf } from '@atrium/platform/http/problem.ts'
import type { Logger } from 'pino'
import type { Dispatcher } from 'undici'
import type { Door } from '../door.ts'
import { forward } from './forward.ts'
import { requestHeaders } from './request-headers.ts'
import { responseHeaders } from './response-headers.ts'
import type { Upstream } from './upstream.ts'

const bodyBytesMaxDefault = 1024 * 1024

/** Passes every route of the table to the service that has it. */
export function proxyRoutes(parameters: {
  readonly door: Door
  readonly routes: readonly RouteDefinition[]
  readonly upstreamOf: (context: RouteDefinition['context']) => Upstream | undefined
  readonly logger: Logger
}) {
  const { door, routes, upstreamOf, logger } = parameters
  for (const route of routes) {
    const upstream = upstreamOf(route.context)
    if (upstream) admitTo(door, route, upstream, logger)
  }
}

function admitTo(door: Door, route: RouteDefinition, upstream: Upstream, logger: Logger) {
  const bodyBytesMax = route.bodyBytesMax ?? bodyBytesMaxDefault
  door.admit(route, ({ raw: request }, { raw: response }, admission) => {
    const { address, correlationId, traceparent, visitor } = admission
    forward({
      request,
      response,
      upstream,
      method: request.method as Dispatcher.HttpMethod,
      path: request.url ?? '/',
      bodyBytesMax,
      headers: (contentLength) =>
        requestHeaders(
          request.headers,
          {
            tenant: visitor.tenant,
            address,
            correlationId,
            traceparent,
            authorization: visitor.authorization,
          },
          contentLength,
        ),
      answerHeaders: (given) => responseHeaders(given, admission.headers),
      refuse(rejection, fault) {
        if (fault) {
          const { code } = rejection
          logger.warn({ err: fault, code, correlationId, service: upstream.name }, 'not passed on')
        }
        const problem = problemOf(rejection)
        const body = JSON.stringify(problem)
        response.writeHead(problem.status, [
          ...admission.headers,
          ...Object.entries(problemHeaders(problem)).flat(),
          'content-length',
          String(Buffer.byteLength(body)),
          ...(request.headers.expect === undefined ? [] : ['connection', 'close']),
        ])
        response.end(request.method === 'HEAD' ? undefined : body)
      },
    })
  })
}
