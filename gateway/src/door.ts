import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { answerClientError } from '@atrium/platform/http/client-error.ts'
import { problemHeaders, problemOf, rejectionFor } from '@atrium/platform/http/problem.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { parseTraceparent, type Span, type Tracing } from '@atrium/platform/telemetry/tracing.ts'
import cors from '@fastify/cors'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from 'fastify'
import type { Logger } from 'pino'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessLog } from './access-log.ts'
import { answerFields, createRefuser } from './answers.ts'
import { identify, type IdentityPorts, type Visitor } from './identity/visitor.ts'
import type { Counter } from './limits/counter.ts'
import { createLimiter, type Account, type Limiter } from './limits/limiter.ts'
import type { Policies } from './limits/policy.ts'

declare module 'fastify' {
  interface FastifyRequest {
    correlationId: string
    startedAt: number
    span: Span | undefined
    visitor: Visitor | undefined
    account: Account | undefined
  }
}

/** A request that was identified, counted and let in. */
export interface Admission {
  readonly route: RouteDefinition
  readonly visitor: Visitor
  readonly address: string
  readonly correlationId: string
  readonly traceparent: string | undefined
  /** The door's own answer fields, as a flat list, and their names. */
  readonly headers: readonly string[]
}

export type AdmissionHandler = (
  request: FastifyRequest,
  reply: FastifyReply,
  admission: Admission,
) => void

export interface DoorOptions {
  readonly logger: Logger
  readonly accessLog: AccessLog
  readonly tracing: Tracing
  readonly identity: IdentityPorts
  readonly policies: Policies
  readonly counter: Counter
  readonly securityHeaders: Readonly<Record<string, string>>
  readonly corsOrigins: readonly string[]
  /** Addresses and ranges of proxies in front: the client is the right-most other address. */
  readonly trustedProxies: readonly string[]
}

export interface Door {
  readonly app: FastifyInstance
  /** Lets a route's requests in, and refuses every other method of its path. */
  admit(route: RouteDefinition, handler: AdmissionHandler): void
  /** Call when every route is known. */
  ready(): Promise<void>
}

/** Limits of a connection, in milliseconds and bytes. */
const limits = {
  connectionTimeoutMs: 65_000,
  requestTimeoutMs: 60_000,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  headerBytesMax: 16 * 1024,
  addressCharactersMax: 8 * 1024,
} as const

const fieldsForScripts = [
  'consistency-token',
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'x-correlation-id',
]

export async function createDoor(options: DoorOptions): Promise<Door> {
  const { logger, accessLog, corsOrigins } = options
  const app = createServer(options)
  observe(app, accessLog)
  // Bodies pass through as they come; nobody parses them here.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...corsOrigins],
      exposedHeaders: fieldsForScripts,
      maxAge: 600,
    })
  }
  const limiter = await createLimiter(app, options)
  const ownHeaders = Object.entries(options.securityHeaders).flat()
  const answer = createRefuser(logger, options.securityHeaders, limiter)
  app.setErrorHandler((error, request, reply) => answer(request, reply, error))
  app.setNotFoundHandler((request, reply) => answer(request, reply, new Rejection('not-found')))

  const methods = new Map<string, Set<HTTPMethods>>()

  return {
    app,
    admit(route, handler) {
      const { method, path: url } = route
      const known = methods.get(url) ?? new Set()
      methods.set(url, known.add(method))
      if (method === 'GET') known.add('HEAD')
      app.route({
        method: method === 'GET' ? ['GET', 'HEAD'] : method,
        url,
        handler: async (request, reply) => {
          const address = request.ip // not known any more when the client has gone
          const visitor = await identify(request.headers, route.permission, options.identity)
          request.visitor = visitor
          await count(request, route, visitor, address, limiter)
          if (visitor.refusal) throw visitor.refusal
          // Whoever left meanwhile has closed already: nothing may begin that ends by that.
          if (reply.raw.destroyed) return reply.hijack()
          request.span = startSpan(options.tracing, request, route)
          handler(request, reply, {
            route,
            visitor,
            address,
            correlationId: request.correlationId,
            traceparent: request.span.traceparent,
            headers: [...ownHeaders, ...answerFields(request, reply, limiter)],
          })
          return reply.hijack()
        },
      })
    },
    async ready() {
      refuseOtherMethods(app, methods, corsOrigins.length > 0)
      await app.ready()
    },
  }
}

/** Gives each request its correlation id, and tells of it once when it is over. */
function observe(app: FastifyInstance, accessLog: AccessLog) {
  app.decorateRequest('correlationId', '')
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('span', undefined)
  app.decorateRequest('visitor', undefined)
  app.decorateRequest('account', undefined)
  app.addHook('onRequest', (request, _reply, done) => {
    request.startedAt = performance.now()
    request.correlationId = randomUUID()
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    request.span?.end(reply.raw.statusCode >= 500 ? new Error('answered 5xx') : undefined)
    accessLog.note({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.raw.statusCode,
      durationMs: performance.now() - request.startedAt,
      correlationId: request.correlationId,
      tenant: request.visitor?.tenant,
      userId: request.visitor?.caller?.userId,
    })
    done()
  })
}

function createServer({ trustedProxies }: DoorOptions) {
  const app = fastify({
    logger: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    exposeHeadRoutes: false,
    connectionTimeout: limits.connectionTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    bodyLimit: Number.MAX_SAFE_INTEGER, // counted on the way, by each route's own limit
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => answerClientError(error, socket),
    frameworkErrors: (error, _request, reply) => {
      const problem = problemOf(rejectionFor(error))
      reply.raw.writeHead(problem.status, problemHeaders(problem)).end(JSON.stringify(problem))
    },
    routerOptions: { maxParamLength: limits.addressCharactersMax },
    http: { maxHeaderSize: limits.headerBytesMax, headersTimeout: limits.headersTimeoutMs },
  })
  // Who waits for 100 Continue gets it when the body is wanted, or the refusal at once.
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    app.server.emit('request', request, response)
  })
  return app
}

async function count(
  request: FastifyRequest,
  { rateClass }: RouteDefinition,
  visitor: Visitor,
  address: string,
  limiter: Limiter,
) {
  const tenant = visitor.refusal ? undefined : visitor.tenant
  const userId = visitor.caller?.userId
  request.account = limiter.accountOf({ rateClass, tenant, userId, address })
  await limiter.take(request)
}

/** A span of this request, within the client's trace where it has one. */
function startSpan(tracing: Tracing, { headers }: FastifyRequest, route: RouteDefinition) {
  const given = headers['traceparent']
  const parent = typeof given === 'string' && parseTraceparent(given) ? given : undefined
  const attributes = { 'http.request.method': route.method, 'http.route': route.path }
  return tracing.start(`${route.method} ${route.path}`, { kind: 'server', parent, attributes })
}

/**
 * Every path of the table answers the methods that it does not have with 405 and those that it has.
 */
function refuseOtherMethods(
  app: FastifyInstance,
  methods: ReadonlyMap<string, ReadonlySet<HTTPMethods>>,
  withCors: boolean,
) {
  for (const [url, known] of methods) {
    const others = app.supportedMethods.filter(
      (method) => !known.has(method) && !(withCors && method === 'OPTIONS'),
    )
    const allow = [...known].join(', ')
    app.route({
      method: others,
      url,
      handler: (_request, reply) => {
        reply.header('allow', allow)
        throw new Rejection('method-not-allowed')
      },
    })
  }
}
