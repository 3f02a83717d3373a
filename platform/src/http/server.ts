import type { Context } from '@atrium/contracts/context.ts'
import type { Permission, RouteDefinition } from '@atrium/contracts/route.ts'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Rejection } from '../rejection.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { announcesBody, createBodyStream } from './body-stream.ts'
import { parseJson } from './body.ts'
import { answerClientError } from './client-error.ts'
import type { WaitFor } from './exchange.ts'
import type { Idempotency } from './idempotency.ts'
import { identify, type Identified, type Identity } from './identify.ts'
import { linger } from './linger.ts'
import { observe, type Observed } from './observe.ts'
import { mountOperations, type Health } from './operations.ts'
import { problemOf, rejectionFor, sendProblem } from './problem.ts'
import { correlationHeader } from './request-headers.ts'
import { createValidation, type Validation } from './validation.ts'

export interface HttpServerOptions {
  readonly context: Context | 'gateway'
  readonly logger: Logger
  readonly metrics: Metrics
  readonly tracing: Tracing
  /** Without it only routes for `anyone` can be mounted. */
  readonly identity?: Identity
  /** Without it a route that a Consistency-Token reaches does not wait. */
  readonly waitFor?: WaitFor
  /** Without it no route that takes an Idempotency-Key can be mounted. */
  readonly idempotency?: Idempotency
  /** What `/readyz` asks, by the name that it shows. */
  readonly health: Health
  readonly limits?: Partial<HttpLimits>
}

export interface HttpLimits {
  readonly bodyBytesMax: number
  readonly headerBytesMax: number
  /** For the head, and for the whole of a body that is no stream, to arrive. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** For a handler to answer. */
  readonly handlerTimeoutMs: number
  /** For the next piece of a body that is a stream, while its handler wants one. */
  readonly bodyIdleTimeoutMs: number
  /** For a handler to answer after the last piece of a stream, or to take the next one. */
  readonly stallTimeoutMs: number
  /**
   * Longer than a gateway keeps its idle connections, so that it is never the server who hangs up.
   */
  readonly keepAliveTimeoutMs: number
}

const limitsDefault: HttpLimits = {
  bodyBytesMax: 256 * 1024,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  handlerTimeoutMs: 30_000,
  bodyIdleTimeoutMs: 40_000,
  stallTimeoutMs: 55_000,
  keepAliveTimeoutMs: 75_000,
}

/** Longer path parts find no route; contracts bound ids far below. */
const paramCharactersMax = 1_024

const urlCharactersMax = 8_192

/** How late a timeout of a connection may be noticed. */
const checkConnectionsMs = 5_000

/** What `mount` and the hooks need of the server that they are part of. */
export interface Kit extends HttpServerOptions {
  readonly limits: HttpLimits
  readonly validation: Validation
  readonly mounted: MountedRoute[]
}

interface MountedRoute {
  readonly method: string
  readonly pattern: RegExp
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly kit: Kit
  }
  interface FastifyRequest {
    observed: Observed
    /** Undefined until `onRequest` is over. */
    identified: Identified | undefined
  }
  interface FastifyContextConfig {
    /** Every route must say what it demands of its caller, or the server does not boot. */
    permission?: Permission
    bodyKind?: RouteDefinition['bodyKind']
    fixedHeaders?: Readonly<Record<string, string>>
    /** Health and metrics: logged only for debugging. */
    operation?: boolean
  }
}

/**
 * A service's HTTP server: problems for errors, identity from the access token, metrics, health and
 * one log line per request. `mount` adds a contract's route; `close()` finishes what was accepted.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const limits = { ...limitsDefault, ...options.limits }
  const app = Fastify({
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: 0, // an upload takes as long as it takes; other bodies have limits of their own
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      maxHeaderSize: limits.headerBytesMax,
      connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, checkConnectionsMs),
    },
    routerOptions: { maxParamLength: paramCharactersMax },
    clientErrorHandler: answerClientError,
    // An address that cannot be decoded is refused before any hook runs.
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, problemOf(rejectionFor(error)))
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  })
  const kit: Kit = { ...options, limits, validation: createValidation(), mounted: [] }
  app.decorate('kit', kit)
  app.removeAllContentTypeParsers()
  takeJson(app, 'application/json')
  limitBodies(app)

  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.permission === undefined) {
      throw new Error(`${String(method)} ${url} has no permission`)
    }
    for (const each of [method].flat()) {
      kit.mounted.push({ method: each, pattern: patternOf(url) })
    }
  })
  app.addHook('onResponse', async ({ raw }) => linger(raw))
  observe(app)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(request.routeOptions.config.fixedHeaders ?? {})
    if (request.url.length > urlCharactersMax) throw new Rejection('uri-too-long')
    if (request.is404) refuseUnrouted(kit, request, reply)
  })
  identify(app)
  hangUpWhenClosing(app)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(() => {
    throw new Rejection('not-found')
  })
  mountOperations(app)
  return app
}

/** Bodies of this media type are JSON. A route says which ones it takes. */
export function takeJson(app: FastifyInstance, mediaType: string): void {
  if (app.hasContentTypeParser(mediaType)) return
  app.addContentTypeParser(
    mediaType,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      // Nothing is unpacked here: a small body could become one without a limit.
      const coding = request.headers['content-encoding'] ?? 'identity'
      if (coding.toLowerCase() !== 'identity') throw new Rejection('media-type-not-supported')
      return parseJson(body)
    },
  )
}

/** What is parsed has to arrive in time; the framework itself counts its bytes. */
function limitBodies(app: FastifyInstance): void {
  const limits = { bytesMax: Number.MAX_SAFE_INTEGER, timeoutMs: app.kit.limits.requestTimeoutMs }
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const isParsed = request.routeOptions.config.bodyKind !== 'stream'
    const limited = isParsed && announcesBody(request.raw)
    done(null, limited ? createBodyStream(request.raw, limits) : payload)
  })
}

/** What an answer that became a problem keeps of its fields: the rest tells of what is not sent. */
const keptFields = new Set([correlationHeader, 'allow', 'connection'])

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { fixedHeaders = {} } = request.routeOptions.config
  for (const name of Object.keys(reply.getHeaders())) {
    if (keptFields.has(name) || name in fixedHeaders) continue
    reply.removeHeader(name)
    if (!reply.raw.headersSent) reply.raw.removeHeader(name) // of a stream that did not begin
  }
  const rejection = rejectionFor(error)
  request.observed.fault(rejection)
  const internal = rejection.code === 'internal-error'
  const { correlationId } = request.observed
  return sendProblem(reply, {
    ...problemOf(rejection),
    ...(internal ? { correlationId } : {}),
  })
}

/**
 * A connection that was busy when `close()` began would stay open, idle, until its keep-alive time
 * is up, and `close()` with it.
 */
function hangUpWhenClosing(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close')
    done()
  })
}

/** Before any body is read: nothing takes this method here, or there is nothing here at all. */
function refuseUnrouted(kit: Kit, request: FastifyRequest, reply: FastifyReply): never {
  const [path = ''] = request.url.split('?')
  const allowed = kit.mounted.filter(({ pattern }) => pattern.test(path))
  if (allowed.length === 0) throw new Rejection('not-found')
  reply.header('allow', [...new Set(allowed.map(({ method }) => method))].toSorted().join(', '))
  throw new Rejection('method-not-allowed')
}

/** `/v1/things/:id` as an expression: a part with a colon is any one part, a star all the rest. */
function patternOf(url: string): RegExp {
  const escaped = url.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replace(/:[^/]+/g, '[^/]+').replace('*', '.*')}$`)
}
