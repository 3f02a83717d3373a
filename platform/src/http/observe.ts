import { problems } from '@atrium/contracts/problem.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { performance } from 'node:perf_hooks'
import type { Rejection } from '../rejection.ts'
import type { Span } from '../telemetry/tracing.ts'
import { correlationHeader, correlationIdOf, traceparentOf } from './request-headers.ts'

/** What is known of a request from its first line on. */
export interface Observed {
  readonly correlationId: string
  readonly span: Span
  readonly startedMs: number
  rejection: Rejection | undefined
  told: boolean
  /** Notes why it was refused or failed, for the log and the span. */
  fault(rejection: Rejection): void
}

/**
 * Gives each request its correlation id and its span, and tells of it once when it is over: one log
 * line and one observation, by the route's pattern. The URL is not told: it holds ids and cursors.
 */
export function observe(app: FastifyInstance): void {
  const { logger, metrics, tracing } = app.kit
  const seconds = metrics.histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labels: ['method', 'route', 'status'],
  })
  const open = metrics.gauge({
    name: 'http_requests_open',
    help: 'Requests that are being answered.',
  })
  app.decorateRequest('observed')

  // Not async: it must run to its end before anything that could fail.
  app.addHook('onRequest', (request, reply, done) => {
    open.inc()
    const correlationId = correlationIdOf(request)
    reply.header(correlationHeader, correlationId)
    const span = tracing.start(`${request.method} ${routeOf(request)}`, {
      kind: 'server',
      parent: traceparentOf(request),
      attributes: { 'http.request.method': request.method, 'http.route': routeOf(request) },
    })
    request.observed = createObserved(correlationId, span)
    // Without this, who leaves before the answer's end would stay open and untold for ever.
    reply.raw.once('close', () => {
      const { rejection } = request.observed
      const brokenOff = rejection ? problems[rejection.code].status : clientGoneStatus
      tell(request, reply.raw.writableEnded ? reply.statusCode : brokenOff)
    })
    done()
  })

  app.addHook('onResponse', (request, reply, done) => {
    tell(request, reply.statusCode)
    done()
  })

  function tell(request: FastifyRequest, status: number) {
    if (request.observed.told) return
    request.observed.told = true
    open.dec()
    const { correlationId, span, startedMs, rejection } = request.observed
    const durationMs = performance.now() - startedMs
    const [method, route] = [request.method, routeOf(request)]
    seconds.observe({ method, route, status }, durationMs / 1_000)
    span.set({ 'http.response.status_code': status })
    span.end(status >= 500 ? (rejection?.cause ?? rejection) : undefined)
    const line = {
      correlationId,
      route: `${method} ${route}`,
      status,
      durationMs: Math.round(durationMs * 100) / 100,
      tenant: request.identified?.tenant,
      code: rejection?.code,
    }
    if (rejection && problems[rejection.code].status >= 500) {
      logger.error({ ...line, err: rejection.cause ?? rejection }, 'request failed')
    } else if (!isOperation(request)) {
      logger.info(line, 'request')
    } else logger.debug(line, 'request')
  }
}

/** As nginx says it, in logs and metrics alone: nobody is there to be answered. */
const clientGoneStatus = 499

function createObserved(correlationId: string, span: Span): Observed {
  return {
    correlationId,
    span,
    startedMs: performance.now(),
    rejection: undefined,
    told: false,
    fault(rejection) {
      this.rejection = rejection
    },
  }
}

/** The pattern, so that the number of different ones is bounded. */
const routeOf = (request: FastifyRequest) => request.routeOptions.url ?? 'unknown'

/** Health and metrics are asked every few seconds and would drown the rest. */
const isOperation = (request: FastifyRequest) => request.routeOptions.config.operation === true
