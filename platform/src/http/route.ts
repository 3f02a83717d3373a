import {
  consistencyHeader,
  encodeConsistencyToken,
  mergeConsistencyTokens,
  type ConsistencyToken,
} from '@atrium/contracts/consistency-token.ts'
import { contexts, type Context } from '@atrium/contracts/context.ts'
import { problems } from '@atrium/contracts/problem.ts'
import { permissions, type RouteDefinition } from '@atrium/contracts/route.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import { newCommandId } from '../identifier.ts'
import { Rejection } from '../rejection.ts'
import { createDeadline } from './deadline.ts'
import { createExchange, type Command } from './create-exchange.ts'
import type { Answer, Handler } from './exchange.ts'
import type { KeptAnswer } from './idempotency.ts'
import { rejectionFor } from './problem.ts'
import {
  addressOf,
  consistencyOf,
  entityTagOf,
  idempotencyKeyOf,
  versionsOf,
} from './request-headers.ts'
import type { Kit } from './server.ts'
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
  const response = Object.fromEntries(
    Object.entries(route.responses).flatMap(([status, schema]) =>
      schema ? [[status, structuredClone(schema)]] : [],
    ),
  )
  app.route({
    method: route.method,
    url: route.path,
    bodyLimit: route.bodyBytesMax ?? kit.limits.bodyBytesMax,
    config: { permission: route.permission },
    schema: { response },
    handler: async (request, reply) => {
      const deadline = createDeadline(reply.raw, kit.limits.handlerTimeoutMs)
      try {
        const asked = ask(route, check, request)
        const { caller, tenant } = identifiedOf(request)
        const waits = caller ? `${tenant} ${caller.userId}` : addressOf(request)
        await kit.waitFor?.(asked.seen, tenant, waits)
        const run = (command: Command) =>
          runHandler(route, handler, { request, command, asked, signal: deadline.signal })
        const answer = await deadline.limit(answerOf(kit, route, request, asked, run))
        return await send(kit.context, reply, asked.seen, answer)
      } finally {
        deadline.close()
      }
    },
  })
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
    versions: route.method === 'GET' ? undefined : versionsOf(request),
    key: route.idempotencyKey ? idempotencyKeyOf(request) : undefined,
  }
  if (route.ifMatch === 'required' && request.headers['if-match'] === undefined) {
    throw new Rejection('precondition-required')
  }
  check(request)
  return asked
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
}

/**
 * If-Match may list several versions. The newest is tried first; a conflict tells the version that
 * the thing has, and if that one is listed as well, it is the one that the caller meant.
 */
async function runHandler<Route extends RouteDefinition>(
  route: Route,
  handler: Handler<Route>,
  { request, command, asked, signal }: Running,
): Promise<Answer> {
  const { versions } = asked
  const attempt = (expectedVersion: number | undefined) =>
    handler(createExchange({ request, command, signal, expectedVersion }))
  // No thing has version 0, so an If-Match without a single version matches nothing.
  const newest = versions && Math.max(0, ...versions)
  try {
    return await attempt(newest)
  } catch (error) {
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
  { status, body, version, written }: Answer,
): FastifyReply {
  reply.code(status).header('cache-control', 'no-store')
  if (version !== undefined) reply.header('etag', entityTagOf(version))
  const token = written && isContext(context) ? { [context]: written } : {}
  const merged = mergeConsistencyTokens(seen, token)
  if (Object.keys(merged).length > 0) {
    reply.header(consistencyHeader, encodeConsistencyToken(merged))
  }
  return reply.send(body)
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
  if (!route.idempotencyKey) return
  if (!idempotency) refuse('takes an Idempotency-Key, but the server keeps none')
  if (route.permission === 'anyone') refuse('takes an Idempotency-Key, but has no caller')
  if (route.credentials) refuse('answers with credentials, which are not kept for a key')
}
