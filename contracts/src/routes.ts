import { Type } from 'typebox'
import { assetsRoutes } from './assets/http.ts'
import { authRoutes } from './auth/http.ts'
import { holdingsPath } from './instances/holdings.ts'
import { projectReadingPath } from './instances/project-reading.ts'
import { instancesRoutes } from './instances/http.ts'
import { projectRoutes } from './instances/project-http.ts'
import { pdfRoutes } from './pdf/http.ts'
import { binary, defineRoute, type RouteDefinition } from './route.ts'

/** The gateway's own stream of events. */
export const streamEvents = defineRoute({
  id: 'streamEvents',
  context: 'gateway',
  method: 'GET',
  path: '/v1/events',
  summary: 'Server-sent events: the public events that the caller caused or that follow from them',
  permission: 'user',
  rateClass: 'stream',
  query: Type.Object(
    { instanceId: Type.Optional(Type.String({ maxLength: 128 })) },
    { additionalProperties: false },
  ),
  answers: 'stream',
  requestHeaders: {
    'Last-Event-ID': 'The last `id:` that was read: the stream goes on after it.',
  },
  responses: { 200: binary('text/event-stream') },
  problems: [],
})

/** Every route of the public door. What is not here does not exist outside. */
export const routes: readonly RouteDefinition[] = [
  ...authRoutes,
  ...instancesRoutes,
  ...projectRoutes,
  ...assetsRoutes,
  ...pdfRoutes,
  streamEvents,
]

/**
 * Well-known paths outside /v1, passed to auth as they are: the public keys that verify access
 * tokens.
 */
export const jwksPath = '/.well-known/jwks.json'

/** Service-to-service paths: the gateway never proxies them. */
export const internalPaths = {
  /** auth: `{ revoked: boolean }` for a session, asked while NATS is away. */
  sessionStatus: '/internal/sessions/:sessionId',
  /** auth: a token with which a service acts for a user, against the services' secret. */
  serviceTokens: '/internal/service-tokens',
  /** instances: one project, for a service that acts for a user who may read it. */
  project: projectReadingPath,
  /** assets, pdf: `{ assets: n }`, `{ jobs: n }`, what each holds for an instance. */
  holdings: holdingsPath,
} as const
