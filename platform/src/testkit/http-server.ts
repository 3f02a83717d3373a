import type { RouteDefinition } from '@atrium/contracts/route.ts'
import type { InjectOptions } from 'fastify'
import type { Caller } from '../http/exchange.ts'
import { createHttpServer, type HttpServerOptions } from '../http/server.ts'
import { Rejection } from '../rejection.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { createTracing } from '../telemetry/tracing.ts'

export const userId = `usr_${'0a'.repeat(16)}`
export const sessionId = `ses_${'0b'.repeat(16)}`

export const testCaller: Caller = {
  tenant: 'acme',
  userId,
  sessionId,
  platformAdministrator: false,
}

/** A token that the test server's verifier takes, in place of a signed one. */
export const tokenFor = (caller: Partial<Caller> = {}) =>
  Buffer.from(JSON.stringify({ ...testCaller, ...caller })).toString('base64url')

export const bearer = (caller: Partial<Caller> = {}) => ({
  authorization: `Bearer ${tokenFor(caller)}`,
})

/** The real HTTP server with callers as the test says, its log kept in `lines`. */
export function createTestHttpServer(options: Partial<HttpServerOptions> = {}) {
  const lines: string[] = []
  const revoked = new Set<string>()
  const app = createHttpServer({
    context: 'instances',
    logger: createLogger({
      name: 'test',
      level: 'debug',
      destination: { write: (line) => void lines.push(line) },
    }),
    metrics: createMetrics({ name: 'test' }),
    tracing: createTracing({ name: 'test' }),
    identity: {
      verifier: {
        async verify(token) {
          try {
            return JSON.parse(Buffer.from(token, 'base64url').toString()) as Caller
          } catch {
            throw new Rejection('not-signed-in')
          }
        },
      },
      revocations: { isRevoked: (id) => revoked.has(id) },
    },
    health: {},
    ...options,
  })
  return {
    app,
    lines,
    revoked,
    /** One request of the test caller; `url` stands for a GET. */
    async ask(request: string | InjectOptions) {
      const given = typeof request === 'string' ? { url: request } : request
      const response = await app.inject({ ...given, headers: { ...bearer(), ...given.headers } })
      const { statusCode: status, headers, body } = response
      const json = () => JSON.parse(body) as Record<string, unknown>
      return { status, headers, body, json }
    },
  }
}

const route = {
  id: 'test',
  context: 'instances',
  method: 'GET',
  path: '/v1/things',
  summary: 'A route of a test',
  permission: 'user',
  rateClass: 'read',
  responses: { 200: null },
  problems: [],
} as const satisfies RouteDefinition

/** A route of the test's own, of the context that the test server serves. */
export const testRoute = <const Route extends Partial<RouteDefinition>>(
  own: Route,
): Omit<typeof route, keyof Route> & Route => ({ ...route, ...own })
