import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTracing } from '@atrium/platform/telemetry/tracing.ts'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { createAccessLog } from './access-log.ts'
import { createDoor, type Door, type DoorOptions } from './door.ts'
import { createMemoryCounter } from './limits/memory-counter.ts'
import { policiesFrom } from './limits/policy.ts'
import { proxyRoutes } from './proxy/routes.ts'
import { createOpenStreams } from './proxy/open-streams.ts'
import {
  createUpstream,
  defaultUpstreamLimits,
  streamUpstreamLimits,
  type UpstreamLimits,
} from './proxy/upstream.ts'

/** Routes of a made-up service, one for each thing that a proxy must get right. */
export const route = (
  method: RouteDefinition['method'],
  path: string,
  more: Partial<RouteDefinition> = {},
): RouteDefinition => ({
  id: path,
  context: 'instances',
  method,
  path,
  summary: '',
  permission: 'user',
  rateClass: 'read',
  responses: { 200: null },
  problems: [],
  ...more,
})

export const things: readonly RouteDefinition[] = [
  route('GET', '/v1/things'),
  route('GET', '/v1/things/:thingId'),
  route('POST', '/v1/things', { rateClass: 'write' }),
  route('PUT', '/v1/things/:thingId', { rateClass: 'write', bodyBytesMax: 64 }),
  route('DELETE', '/v1/things/:thingId', { rateClass: 'write' }),
  route('POST', '/v1/open', { permission: 'anyone', rateClass: 'credentials' }),
]

/** A token as the fake verifier reads it: of the access token's shape, signed by nobody. */
export function tokenFor(claims: {
  readonly userId: string
  readonly tenant?: string
  readonly sessionId?: string
  readonly expiresInMs?: number
}): string {
  const {
    userId,
    tenant = 'default',
    sessionId = `ses-of-${userId}`,
    expiresInMs = 600_000,
  } = claims
  const exp = (Date.now() + expiresInMs) / 1_000
  const payload = { sub: userId, tid: tenant, sid: sessionId, exp }
  return `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.e30`
}

export const bearer = (claims: Parameters<typeof tokenFor>[0]) => ({
  authorization: `Bearer ${tokenFor(claims)}`,
})

const fakeVerifier: DoorOptions['identity']['verifier'] = {
  async verify(token) {
    const [head, payload = ''] = token.split('.')
    if (head !== 'e30') throw new Rejection('not-signed-in')
    const { sub, tid, sid } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      sub: string
      tid: string
      sid: string
    }
    return { userId: sub, tenant: tid, sessionId: sid, platformAdministrator: false }
  },
}

/** Sessions end by `revoke`, as they do when auth says so. */
export function createFakeRevocations() {
  const revoked = new Set<string>()
  const listeners = new Set<(sessionId: string) => void>()
  return {
    isRevoked: (sessionId: string) => revoked.has(sessionId),
    onRevoked(listener: (sessionId: string) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    revoke(sessionId: string) {
      revoked.add(sessionId)
      for (const listener of listeners) listener(sessionId)
    },
  }
}

export interface DoorFixture {
  readonly url: string
  readonly port: number
  readonly door: Door
  readonly revocations: ReturnType<typeof createFakeRevocations>
  /** Lines of the access log, parsed. */
  readonly logged: Record<string, unknown>[]
  close(): Promise<void>
}

export interface FixtureOptions {
  /** Of the service; 'closed' has a port where nobody listens. */
  readonly upstreamUrl: string
  readonly upstreamLimits?: Partial<UpstreamLimits>
  /** In place of `things`. */
  readonly routes?: readonly RouteDefinition[]
  readonly door?: Partial<DoorOptions>
  readonly prepare?: (door: Door, fixture: Pick<DoorFixture, 'revocations'>) => Promise<void> | void
}

/** A door on a free port before one service. */
export async function openDoor(options: FixtureOptions): Promise<DoorFixture> {
  const logged: Record<string, unknown>[] = []
  const destination = {
    write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>),
  }
  const logger = pino({ level: 'info' }, destination)
  const revocations = createFakeRevocations()
  const counter = createMemoryCounter()
  const door = await createDoor({
    logger,
    accessLog: createAccessLog({
      level: 'info',
      metrics: createMetrics({ name: 'gateway' }),
      destination,
    }),
    tracing: createTracing({ name: 'gateway' }),
    identity: { verifier: fakeVerifier, revocations, tenantHostSuffix: '.atrium.example' },
    policies: policiesFrom({}, 1),
    counter,
    securityHeaders: { 'x-content-type-options': 'nosniff' },
    corsOrigins: [],
    trustedProxies: [],
    ...options.door,
  })
  const upstreamWith = (limits: UpstreamLimits) =>
    createUpstream('instances', options.upstreamUrl, { ...limits, ...options.upstreamLimits })
  const upstreams = {
    streams: upstreamWith(streamUpstreamLimits),
    others: upstreamWith(defaultUpstreamLimits),
  }
  const openStreams = createOpenStreams(revocations)
  const upstreamOf = () => upstreams
  proxyRoutes({ door, routes: options.routes ?? things, upstreamOf, openStreams, logger })
  await options.prepare?.(door, { revocations })
  await door.ready()
  await door.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = door.app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    door,
    revocations,
    logged,
    async close() {
      door.app.server.closeAllConnections()
      await door.app.close()
      openStreams.close()
      await Promise.all([upstreams.streams.close(), upstreams.others.close()])
      await counter.close()
    },
  }
}

export interface Service {
  readonly url: string
  readonly port: number
  /** Every request that came, its body read by nobody. */
  readonly requests: IncomingMessage[]
  readonly server: Server
  close(): Promise<void>
}

/** A service of the test's own behind the door. */
export async function openService(listener: RequestListener, port = 0): Promise<Service> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    listener(request, response)
  })
  server.keepAliveTimeout = 75_000
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    server,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const pollMs = 5

/** Resolves when the condition holds; throws after the limit. */
export async function until(condition: () => boolean, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > end) throw new Error('the condition did not come to hold in time')
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
