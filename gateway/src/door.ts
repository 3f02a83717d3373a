import { routerPathOf, type RouteDefinition } from '@atrium/contracts/route.ts'
import { answerClientError } from '@atrium/platform/http/client-error.ts'
import { linger } from '@atrium/platform/http/linger.ts'
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
  interface FastifyContextConfig {
    /** Of every answer; of one that was passed on the service has said them. */
    fixedHeaders?: Readonly<Record<string, string>>
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
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  headerBytesMax: 16 * 1024,
  addressCharactersMax: 8 * 1024,
} as const

/** What scripts of other origins may read: of tus and of downloads, too. */
const fieldsForScripts = [
  'accept-ranges',
  'consistency-token',
  'content-disposition',
  'content-length',
  'content-range',
  'etag',
  'last-modified',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'tus-checksum-algorithm',
  'tus-extension',
  'tus-max-size',
  'tus-resumable',
  'tus-version',
  'upload-expires',
  'upload-length',
  'upload-metadata',
  'upload-offset',
  'x-correlation-id',
]

const methodsForScripts = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

export async function createDoor(options: DoorOptions): Promise<Door> {
  const { logger, accessLog, corsOrigins } = options
  const app = createServer(options)
  observe(app, accessLog)
  // Bodies pass through as they come; nobody parses them here.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  if (corsOrigins.length > 0) await allowOrigins(app, corsOrigins)
  const limiter = await createLimiter(app, options)
  const answer = createRefuser(logger, options.securityHeaders, limiter)
  app.setErrorHandler((error, request, reply) => answer(request, reply, error))
  app.setNotFoundHandler((request, reply) => answer(request, reply, new Rejection('not-found')))

  const admitted = new Map<string, Map<HTTPMethods, Admitted>>()

  return {
    app,
    admit(route, handler) {
      const url = routerPathOf(route)
      const methods = admitted.get(url) ?? new Map<HTTPMethods, Admitted>()
      admitted.set(url, methods.set(route.method, { route, handler }))
    },
    async ready() {
      for (const [url, methods] of admitted) {
        // HEAD answers as GET does, where it is no route of its own.
        const get = methods.get('GET')
        if (get && !methods.has('HEAD')) methods.set('HEAD', get)
        for (const [method, { route, handler }] of methods) {
          app.route({
            method,
            url,
            ...(route.fixedHeaders ? { config: { fixedHeaders: route.fixedHeaders } } : {}),
            handler: createAdmission(options, limiter, route, handler),
          })
        }
        refuseOtherMethods(app, url, [...methods.keys()])
      }
      await app.ready()
    },
  }
}

interface Admitted {
  readonly route: RouteDefinition
  readonly handler: AdmissionHandler
}

/** Identifies a request, counts it, and lets it in. */
function createAdmission(
  { identity, tracing, securityHeaders }: DoorOptions,
  limiter: Limiter,
  route: RouteDefinition,
  handler: AdmissionHandler,
) {
  const ownHeaders = Object.entries(securityHeaders).flat()
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const address = request.ip // not known any more when the client has gone
    if (hasLeft(request)) {
      reply.raw.destroy()
      return reply.hijack()
    }
    const visitor = await identify(request.headers, route.permission, identity)
    request.visitor = visitor
    await count(request, route, visitor, address, limiter)
    if (visitor.refusal) throw visitor.refusal
    // Whoever left meanwhile has closed already: nothing may begin that ends by that.
    if (reply.raw.destroyed) return reply.hijack()
    request.span = startSpan(tracing, request, route)
    handler(request, reply, {
      route,
      visitor,
      address,
      correlationId: request.correlationId,
      traceparent: request.span.traceparent,
      headers: [...ownHeaders, ...answerFields(request, reply, limiter)],
    })
    return reply.hijack()
  }
}

/** Before anything was asked of it: who has no address any more can be neither counted nor told. */
const hasLeft = ({ raw }: FastifyRequest) => raw.socket.remoteAddress === undefined

/** Preflights are answered before any route; an OPTIONS that is none goes to its route. */
async function allowOrigins(app: FastifyInstance, origins: readonly string[]) {
  const options = {
    origin: [...origins],
    methods: methodsForScripts,
    exposedHeaders: fieldsForScripts,
    maxAge: 600,
  }
  await app.register(cors, {
    delegator: ({ headers }, done) => {
      const preflight = headers.origin !== undefined && 'access-control-request-method' in headers
      done(null, { ...options, preflight })
    },
  })
}

/** Gives each request its correlation id, and tells of it once when it is over. */
function observe(app: FastifyInstance, accessLog: AccessLog) {
  app.decorateRequest('correlationId', '')
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('span', undefined)
  app.decorateRequest('visitor', undefined)
  app.decorateRequest('account', undefined)
  app.addHook('onRequest', (request, { raw: response }, done) => {
    request.startedAt = performance.now()
    request.correlationId = randomUUID()
    response.once('close', () => tell(request, response))
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    linger(request.raw)
    done()
  })

  function tell(request: FastifyRequest, response: ServerResponse) {
    const brokenOff = response.errored ? 502 : clientGoneStatus
    const status = response.writableEnded ? response.statusCode : brokenOff
    request.span?.end(status >= 500 ? new Error('answered 5xx') : undefined)
    accessLog.note({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status,
      durationMs: performance.now() - request.startedAt,
      correlationId: request.correlationId,
      tenant: request.visitor?.tenant,
      userId: request.visitor?.caller?.userId,
    })
  }
}

/** As nginx says it, in log and metrics alone: nobody was there to be answered. */
const clientGoneStatus = 499

function createServer({ trustedProxies }: DoorOptions) {
  const app = fastify({
    logger: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    exposeHeadRoutes: false,
    connectionTimeout: limits.connectionTimeoutMs,
    requestTimeout: 0, // an upload takes as long as it takes; each body has limits of its own
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

/** A path of the table answers the methods that it does not have with 405 and those that it has. */
function refuseOtherMethods(app: FastifyInstance, url: string, known: readonly HTTPMethods[]) {
  const allow = known.toSorted().join(', ')
  app.route({
    method: app.supportedMethods.filter((method) => !known.includes(method)),
    url,
    handler: (_request, reply) => {
      reply.header('allow', allow)
      throw new Rejection('method-not-allowed')
    },
  })
}
