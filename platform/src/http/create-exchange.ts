import { consistencyHeader } from '@atrium/contracts/consistency-token.ts'
import type { RouteDefinition } from '@atrium/contracts/route.ts'
import type { FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { v7 } from 'uuid'
import type { Cause } from '../decider/cause.ts'
import type { Caller, Exchange } from './exchange.ts'
import type { KeyedCommand } from './idempotency.ts'
import { addressOf, headerOf, mediaTypeOf, userAgentOf } from './request-headers.ts'

export interface Command extends KeyedCommand {
  readonly mayRepeat: boolean
}

export interface ExchangeOptions {
  readonly request: FastifyRequest
  readonly command: Command
  readonly expectedVersion: number | undefined
  readonly signal: AbortSignal
  readonly bodyStream: Readable | undefined
}

/** The handler's view of a request that was checked against its route before. */
export function createExchange(options: ExchangeOptions): Exchange<RouteDefinition> {
  const { request, command, expectedVersion, signal, bodyStream } = options
  const { params, query, body, identified } = request
  if (!identified) throw new Error('the caller must be known first')
  return {
    params: params as Exchange['params'],
    query: query as Exchange['query'],
    body,
    bodyStream: bodyStream as Exchange['bodyStream'],
    method: request.method,
    headers: request.headers,
    mediaType: mediaTypeOf(request),
    caller: identified.caller as Exchange['caller'],
    tenant: identified.tenant,
    cause: causeOf(request, identified.tenant, command),
    at: command.at,
    newId: (prefix, word = '') => `${prefix}_${derivedV7(command, `${prefix}\n${word}`)}`,
    expectedVersion,
    consistencyToken: headerOf(request, consistencyHeader),
    address: addressOf(request),
    userAgent: userAgentOf(request),
    signal,
  }
}

function causeOf(request: FastifyRequest, tenant: string, command: Command): Cause {
  const { observed, identified } = request
  const caller = identified?.caller
  const { traceparent } = observed.span
  return {
    tenant,
    actor: actorOf(caller),
    ...(caller?.sessionId === undefined ? {} : { sessionId: caller.sessionId }),
    correlationId: observed.correlationId,
    commandId: command.commandId,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(command.mayRepeat ? { mayRepeat: true } : {}),
  }
}

function actorOf(caller: Caller | undefined): Cause['actor'] {
  if (!caller) return {}
  const { userId, impersonatorId, service } = caller
  return {
    userId,
    ...(impersonatorId === undefined ? {} : { impersonatorId }),
    ...(service === undefined ? {} : { service }),
  }
}

/** A version 7 UUID without dashes whose random part is a hash: sorted by time, yet repeatable. */
function derivedV7({ commandId, at }: KeyedCommand, word: string): string {
  const random = createHash('sha256').update(`${commandId}\n${word}`).digest().subarray(0, 16)
  return v7({ msecs: Date.parse(at), random }).replaceAll('-', '')
}
