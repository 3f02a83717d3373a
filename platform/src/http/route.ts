import {
  consistencyHeader,
  encodeConsistencyToken,
  mergeConsistencyTokens,
  type ConsistencyToken,
} from '@atrium/contracts/consistency-token.ts'
import { contexts, type Context } from '@atrium/contracts/context.ts'
import { problems } from '@atrium/contracts/problem.ts'
import {
  isBinary,
  permissions,
  routerPathOf,
  wildcardOf,
  type RouteDefinition,
} from '@atrium/contracts/route.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { newCommandId } from '../identifier.ts'
import { Rejection } from '../rejection.ts'
import { announcesBody, createBodyStream, refuseAnnounced } from './body-stream.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import { createExchange, type Command } from './create-exchange.ts'
import type { Answer, Handler } from './exchange.ts'
import type { KeptAnswer } from './idempotency.ts'
import { rejectionFor } from './problem.ts'
import {
  addressOf,
  consistencyOf,
  entityTagOf,
  idempotencyKeyOf,
  mediaTypeOf,
  versionsOf,
} from './request-headers.ts'
import { takeJson, type Kit } from './server.ts'
import type { CheckRequest } from './validation.ts'

/**
 * Adds a contract's route. The handler sees a request that is allowed, validated, and as fresh as
 * its Consistency-Token demands; it answers, or throws a Rejection.
 */
export function mount<const Route extends RouteDefinition>(
  app: FastifyInstance,
  route: Route,
  handler: Handler<Route>,
): void {
  const { kit } = app
  refuseUnmountable(route, kit)
  const check = kit.validation.forRoute(route)
  const isStream = route.bodyKind === 'stream'
  const timeoutMs = isStream ? kit.limits.stallTimeoutMs : kit.limits.handlerTimeoutMs
  const options: RouteOptions = {
    method: route.method === 'GET' && route.answers === 'stream' ? ['GET', 'HEAD'] : route.method,
    url: routerPathOf(route),
    bodyLimit: route.bodyBytesMax ?? kit.limits.bodyBytesMax,
    config: {
      permission: route.permission,
      bodyKind: route.bodyKind,
      ...(route.fixedHeaders ? { fixedHeaders: route.fixedHeaders } : {}),
    },
    schema: { response: responseSchemas(route) },
    handler: async (request, reply) => {
      const deadline = createDeadline(reply.raw, timeoutMs)
      const bodyStream = isStream ? openBody(kit, route, request, deadline) : undefined
      try {
        const asked = ask(route, check, request)
        const { caller, tenant } = identifiedOf(request)
        const waits = caller ? `${tenant} ${caller.userId}` : addressOf(request)
        const followed = (await kit.waitFor?.(asked.seen, tenant, waits)) ?? {}
        const seen = mergeConsistencyTokens(asked.seen, followed)
        const { signal } = deadline
        const run = (command: Command) =>
          runHandler(route, handler, { request, command, asked, signal, bodyStream })
        const answering = answerOf(kit, route, request, asked, run)
        const answer = await deadline.limit(answering).catch((error: unknown) => {
          // What comes too late is not sent, and must not stay open.
          void answering.then(({ stream }) => stream?.on('error', ignore).destroy(), ignore)
          throw error
        })
        return await send(kit.context, reply, seen, answer)
      } finally {
        deadline.close()
        bodyStream?.destroy(deadline.signal.aborted ? new Error('the request is over') : undefined)
      }
    },
  }
  if (isStream) passThrough(app, options)
  else {
    for (const mediaType of route.bodyMediaTypes ?? []) takeJson(app, mediaType)
    app.route(options)
  }
}

const ignore = () => {}

/** Bytes are sent as they are. */
function responseSchemas({ responses }: RouteDefinition) {
  return Object.fromEntries(
    Object.entries(responses).flatMap(([status, body]) =>
      body === null || isBinary(body) ? [] : [[status, structuredClone(body)]],
    ),
  )
}

/** In a scope of its own, in which no body is parsed, whatever its media type. */
function passThrough(app: FastifyInstance, options: RouteOptions): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.route(options)
  })
}

/** Refuses an announced length that is too much; what comes is counted when it is read. */
function openBody(
  { limits }: Kit,
  route: RouteDefinition,
  { raw }: FastifyRequest,
  deadline: Deadline,
): Readable {
  const bytesMax = route.bodyBytesMax ?? limits.bodyBytesMax
  const idleTimeoutMs = limits.bodyIdleTimeoutMs
  const body = createBodyStream(raw, { bytesMax, idleTimeoutMs }, { onPiece: deadline.refresh })
  return body.on('error', ignore) // whoever reads it learns it there, and nobody may read it
}

/** What the header fields of a request ask for. */
interface Asked {
  readonly seen: ConsistencyToken
  readonly versions: readonly number[] | undefined
  readonly key: string | undefined
}

function ask(route: RouteDefinition, check: CheckRequest, request: FastifyRequest): Asked {
  const asked = {
    seen: consistencyOf(request),
    versions: isRead(request) ? undefined : versionsOf(request),
    key: route.idempotencyKey ? idempotencyKeyOf(request) : undefined,
  }
  if (route.ifMatch === 'required' && request.headers['if-match'] === undefined) {
    throw new Rejection('precondition-required')
  }
  if (route.bodyKind === 'stream') refuseAnnounced(request.raw, route.bodyBytesMax ?? 0)
  refuseMediaType(route, request)
  nameWildcard(route, request)
  const { params, query, body } = request
  check({ params, query, body, mediaType: mediaTypeOf(request) })
  return asked
}

const isRead = ({ method }: FastifyRequest) => ['GET', 'HEAD', 'OPTIONS'].includes(method)

function refuseMediaType(route: RouteDefinition, request: FastifyRequest) {
  const { bodyKind, bodyMediaTypes, bodyIsOptional } = route
  if (bodyIsOptional && !announcesBody(request.raw)) return
  const given = mediaTypeOf(request) ?? ''
  const isStream = bodyKind === 'stream'
  const isTaken = isStream
    ? (bodyMediaTypes?.includes(given) ?? true)
    : request.body === undefined || ['application/json', ...(bodyMediaTypes ?? [])].includes(given)
  if (!isTaken) throw new Rejection('media-type-not-supported')
}

/** The rest of the path has a name in the contract, and none in the router. */
function nameWildcard(route: RouteDefinition, request: FastifyRequest): void {
  const name = wildcardOf(route)
  if (name === undefined) return
  const { '*': rest = '', ...others } = request.params as Record<string, string>
  request.params = { ...others, [name]: rest }
}

type Run = (command: Command) => Promise<Answer>

/**
 * Runs the command, or answers as the earlier request with the same idempotency key was answered.
 */
async function answerOf(
  kit: Kit,
  route: RouteDefinition,
  request: FastifyRequest,
  asked: Asked,
  run: Run,
): Promise<Answer> {
  const fresh = { commandId: newCommandId(), at: new Date().toISOString() }
  const { caller, tenant } = identifiedOf(request)
  if (asked.key === undefined || !kit.idempotency || !caller) {
    return run({ ...fresh, mayRepeat: false })
  }
  const { params, query, body } = request
  const asText = JSON.stringify([params, query, body, asked.versions])
  const bodyHash = createHash('sha256').update(asText).digest()
  const keyed = { tenant, userId: caller.userId, route: route.id, key: asked.key, bodyHash }
  const begun = await kit.idempotency.begin(keyed, fresh)
  if (begun.state === 'answered') return again(begun.answer)

  try {
    const answer = await run({ ...begun.command, mayRepeat: begun.mayRepeat })
    await begun.finish(answer.status < 500 ? kept(answer) : undefined)
    return answer
  } catch (error) {
    const rejection = rejectionFor(error)
    const { code, extensions } = rejection
    await begun.finish(isFinal(rejection) ? { code, extensions } : undefined)
    throw error
  }
}

function again(answer: KeptAnswer): Answer {
  if ('code' in answer) throw new Rejection(answer.code, answer.extensions)
  return answer
}

/** Field by field: what a handler hands on as `written` may be the whole aggregate. */
function kept({ status, body, version, written }: Answer): KeptAnswer {
  const { position, publicPosition } = written ?? {}
  return {
    status,
    ...(body === undefined ? {} : { body }),
    ...(version === undefined ? {} : { version }),
    written: {
      ...(position === undefined ? {} : { position }),
      ...(publicPosition === undefined ? {} : { publicPosition }),
    },
  }
}

interface Running {
  readonly request: FastifyRequest
  readonly command: Command
  readonly asked: Asked
  readonly signal: AbortSignal
  readonly bodyStream: Readable | undefined
}

/**
 * If-Match may list several versions. The newest is tried first; a conflict tells the version that
 * the thing has, and if that one is listed as well, it is the one that the caller meant.
 */
async function runHandler<Route extends RouteDefinition>(
  route: Route,
  handler: Handler<Route>,
  { request, command, asked, signal, bodyStream }: Running,
): Promise<Answer> {
  const { versions } = asked
  const attempt = (expectedVersion: number | undefined) =>
    handler(createExchange({ request, command, signal, bodyStream, expectedVersion }))
  // No thing has version 0, so an If-Match without a single version matches nothing.
  const newest = versions && Math.max(0, ...versions)
  try {
    return await attempt(newest)
  } catch (error) {
    if (bodyStream) throw error // which can be read once
    const current = error instanceof Rejection && error.extensions['currentVersion']
    if (typeof current !== 'number' || current === newest || !versions?.includes(current))
      throw error
    return attempt(current)
  }
}

function send(
  context: Kit['context'],
  reply: FastifyReply,
  seen: ConsistencyToken,
  { status, body, stream, headers, version, written }: Answer,
): FastifyReply {
  reply.code(status).header('cache-control', 'no-store')
  if (version !== undefined) reply.header('etag', entityTagOf(version))
  const token = written && isContext(context) ? { [context]: written } : {}
  const merged = mergeConsistencyTokens(seen, token)
  if (Object.keys(merged).length > 0) {
    reply.header(consistencyHeader, encodeConsistencyToken(merged))
  }
  if (headers) reply.headers(headers)
  if (!stream) return reply.send(body)
  if (reply.request.method === 'HEAD') {
    // It may fail all the same: who has gone ended what was being opened for them.
    stream.on('error', ignore).destroy()
    return reply.send()
  }
  // What fails half way has no other answer: the framework only breaks the connection.
  stream.on('error', (error) => reply.request.observed.fault(rejectionFor(error)))
  return reply.send(stream)
}

const isContext = (context: Kit['context']): context is Context =>
  contexts.some((known) => known === context)

function identifiedOf(request: FastifyRequest) {
  if (!request.identified)
    throw new Error(`${request.routeOptions.url} ran before its caller was known`)
  return request.identified
}

/** Whether a repeat would be refused alike. */
function isFinal({ code }: Rejection): boolean {
  const status: number = problems[code].status
  return status < 500 && status !== 429
}

function refuseUnmountable(route: RouteDefinition, { idempotency, context }: Kit): void {
  const refuse = (why: string) => {
    throw new Error(`${route.method} ${route.path} ${why}`)
  }
  if (!permissions.includes(route.permission)) refuse('has no permission')
  if (route.context !== context) refuse(`belongs to ${route.context}, not to ${context}`)
  if (route.bodyKind === 'stream' && !route.bodyBytesMax) refuse('takes bytes without a limit')
  if (!route.idempotencyKey) return
  if (route.bodyKind === 'stream') refuse('takes an Idempotency-Key, but its body is not kept')
  if (!idempotency) refuse('takes an Idempotency-Key, but the server keeps none')
  if (route.permission === 'anyone') refuse('takes an Idempotency-Key, but has no caller')
  if (route.credentials) refuse('answers with credentials, which are not kept for a key')
}
