import { isHopByHop, namedByConnection } from './request-headers.ts'

/** What services say about themselves, and what the gateway itself says about every answer. */
const internal = new Set([
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'origin-agent-cluster',
  'ratelimit',
  'ratelimit-policy',
  'referrer-policy',
  'server',
  'strict-transport-security',
  'x-content-type-options',
  'x-correlation-id',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-powered-by',
  'x-xss-protection',
])

/**
 * A service's answer headers as a flat list after `own`, without hop-by-hop fields. What it says of
 * how bytes may act in a browser (`mayFrame`) is added to what the gateway says: the browser obeys
 * both.
 */
export function responseHeaders(
  given: Record<string, string | string[] | undefined>,
  own: readonly string[],
  { mayFrame = false } = {},
): string[] {
  const headers = [...own]
  const named = namedByConnection(connectionOf(given['connection']))
  for (const name in given) {
    const isOwn = internal.has(name) && !(mayFrame && name === 'content-security-policy')
    if (isHopByHop.has(name) || isOwn) continue
    if (named?.has(name)) continue
    const value = given[name]
    if (typeof value === 'string') headers.push(name, value)
    else for (const one of value ?? []) headers.push(name, one)
  }
  return headers
}

const connectionOf = (value: string | string[] | undefined) =>
  typeof value === 'string' ? value : value?.join(',')
