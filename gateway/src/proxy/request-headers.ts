import type { IncomingHttpHeaders } from 'node:http'

/** What the gateway itself says about a request. */
export interface Passport {
  readonly tenant: string
  readonly address: string
  readonly correlationId: string
  readonly traceparent: string | undefined
  /** The verified token as it came; absent where none was given or it did not verify. */
  readonly authorization?: string | undefined
}

/** RFC 9110 section 7.6.1, and what older clients send beside it. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Names by which others say who someone is or where a request came from: ours to say alone. */
const claims = [
  'authorization',
  'client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'forwarded',
  'from',
  'traceparent',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-correlation-id',
  'x-envoy-external-address',
  'x-http-method-override',
  'x-original-forwarded-for',
  'x-original-url',
  'x-real-ip',
  'x-remote-user',
  'x-request-id',
  'x-rewrite-url',
  'x-tenant',
  'x-tenant-id',
]

const dropped = new Set([...hopByHop, ...claims, 'host', 'expect', 'content-length'])
const droppedPrefixes = /^x-(?:atrium|forwarded|user|auth|authenticated)(?:-|$)/

/**
 * The headers that a service gets, as a flat list: what the client sent, without hop-by-hop fields,
 * the fields that its Connection names and every field that claims an identity, then the gateway's
 * own. `contentLength` is sent only where a body follows.
 */
export function requestHeaders(
  given: IncomingHttpHeaders,
  passport: Passport,
  contentLength: string | undefined,
): string[] {
  const headers = [
    'x-atrium-tenant',
    passport.tenant,
    'x-forwarded-for',
    passport.address,
    'x-correlation-id',
    passport.correlationId,
  ]
  if (passport.traceparent !== undefined) headers.push('traceparent', passport.traceparent)
  if (passport.authorization !== undefined) headers.push('authorization', passport.authorization)
  if (contentLength !== undefined) headers.push('content-length', contentLength)
  const named = namedByConnection(given.connection)
  for (const name in given) {
    if (dropped.has(name) || named?.has(name)) continue
    if (name.startsWith('x-') && droppedPrefixes.test(name)) continue
    const value = given[name]
    if (typeof value === 'string') headers.push(name, value)
    else for (const one of value ?? []) headers.push(name, one)
  }
  return headers
}

/** The fields that a Connection field names, or undefined for the usual ones that name none. */
export function namedByConnection(connection: string | undefined) {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') {
    return undefined
  }
  return new Set(connection.toLowerCase().split(/\s*,\s*/))
}

export const isHopByHop: ReadonlySet<string> = new Set(hopByHop)
