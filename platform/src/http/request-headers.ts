import { decodeConsistencyToken, consistencyHeader } from '@atrium/contracts/consistency-token.ts'
import type { FastifyRequest } from 'fastify'
import { isIP } from 'node:net'
import { v7 } from 'uuid'
import { Rejection } from '../rejection.ts'
import { parseTraceparent } from '../telemetry/tracing.ts'

export const correlationHeader = 'x-correlation-id'
/** Set by the gateway: the tenant that it resolved before anybody signed in. */
export const resolvedTenantHeader = 'x-atrium-tenant'
export const tenantHeader = 'x-tenant'

const userAgentCharactersMax = 512

/** A header that came exactly once with something in it. */
export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Throws Rejection `malformed-request` that points at the header. */
export function malformedHeader(name: string, detail: string): Rejection {
  return new Rejection('malformed-request', {
    errors: [{ pointer: `/headers/${name}`, code: 'wrong-format', detail }],
  })
}

/** The client's, where it looks like an id, else a new one. */
export function correlationIdOf(request: FastifyRequest): string {
  const given = headerOf(request, correlationHeader)
  return given !== undefined && /^[A-Za-z0-9._-]{8,128}$/.test(given) ? given : v7()
}

export function traceparentOf(request: FastifyRequest): string | undefined {
  const given = headerOf(request, 'traceparent')
  return parseTraceparent(given) && given
}

/** The client's address: as the gateway saw it, else the other end of the connection. */
export function addressOf(request: FastifyRequest): string {
  const forwarded = headerOf(request, 'x-forwarded-for') ?? ''
  return isIP(forwarded) === 0 ? request.ip : forwarded
}

export const userAgentOf = (request: FastifyRequest) =>
  (headerOf(request, 'user-agent') ?? '').slice(0, userAgentCharactersMax)

/** The media type of the body, in lower case and without parameters. */
export const mediaTypeOf = (request: FastifyRequest) =>
  headerOf(request, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase()

/** What the client has already seen written; nothing where it brought no token. */
export function consistencyOf(request: FastifyRequest) {
  const given = headerOf(request, consistencyHeader)
  const token = given === undefined ? {} : decodeConsistencyToken(given)
  if (!token) throw malformedHeader(consistencyHeader, 'is not a token that was given out')
  return token
}

/** At most 255 visible characters. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const given = request.headers['idempotency-key']
  if (given === undefined) return undefined
  if (typeof given === 'string' && /^[\x21-\x7e]{1,255}$/.test(given)) return given
  throw malformedHeader('idempotency-key', 'must be 1 to 255 visible ASCII characters')
}

/** Tags listed in one If-Match. */
const tagsMax = 16

/**
 * The versions that If-Match names: undefined without it, and for `*`. Tags that cannot be
 * versions, and weak ones, match nothing, as the strong comparison of RFC 9110 demands.
 */
export function versionsOf(request: FastifyRequest): readonly number[] | undefined {
  const given = request.headers['if-match']
  if (given === undefined || given.trim() === '*') return undefined
  const tags = given.split(',').map((tag) => tag.trim())
  const wellFormed = tags.every((tag) => /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(tag))
  if (!wellFormed || tags.length > tagsMax) {
    throw malformedHeader('if-match', 'must be * or entity tags like "3"')
  }
  return tags.flatMap((tag) => (/^"[1-9]\d{0,14}"$/.test(tag) ? [Number(tag.slice(1, -1))] : []))
}

export const entityTagOf = (version: number) => `"${version}"`
