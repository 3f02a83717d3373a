import { openApiOf } from '@atrium/contracts/openapi.ts'
import { jwksPath, routes } from '@atrium/contracts/routes.ts'
import { createHttpServer } from '@atrium/platform/http/server.ts'
import {
  createAccessTokenVerifier,
  tokenAudience,
  tokenIssuer,
} from '@atrium/platform/identity/access-token.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { createLifecycle } from '@atrium/platform/lifecycle.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTracing } from '@atrium/platform/telemetry/tracing.ts'
import { createAccessLog } from './access-log.ts'
import { listOf, loadConfig } from './config.ts'
import { createDoor } from './door.ts'
import { createEventStreams } from './events/stream.ts'
import { askHealth } from './health.ts'
import { createMemoryCounter } from './limits/memory-counter.ts'
import { policiesFrom, readRateLimits } from './limits/policy.ts'
import { createRedisCounter } from './limits/redis-counter.ts'
import { createLogDestination } from './log-destination.ts'
import { getKeys, mountPages } from './pages.ts'
import { createOpenStreams } from './proxy/open-streams.ts'
import { proxyRoutes } from './proxy/routes.ts'
import { createUpstreams } from './proxy/upstream.ts'
import { readSecurityHeaders } from './security-headers.ts'

const config = loadConfig()
const name = 'gateway'
const metrics = createMetrics({ name })
const destination = createLogDestination(metrics)
const logger = createLogger({ name, level: config.LOG_LEVEL, destination })
const tracing = createTracing({ name, endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT })
const lifecycle = createLifecycle({ logger, watchParent: config.ATRIUM_PARENT })

const upstreams = {
  auth: createUpstreams('auth', config.AUTH_URL),
  instances: createUpstreams('instances', config.INSTANCES_URL),
  assets: createUpstreams('assets', config.ASSETS_URL),
  pdf: createUpstreams('pdf', config.PDF_URL),
}
const nats = await connectNats({ url: config.NATS_URL, name, logger })
const verifier = createAccessTokenVerifier({
  jwksUrl: new URL(jwksPath, config.AUTH_URL).href,
  issuer: tokenIssuer,
  audience: tokenAudience,
})
const revocations = createRevocations({ nats, authUrl: config.AUTH_URL, logger })
const local = createMemoryCounter()
const counter =
  config.REDIS_URL === undefined
    ? local
    : createRedisCounter({ url: config.REDIS_URL, local, log: logger })
const securityHeaders = await readSecurityHeaders()

const door = await createDoor({
  logger,
  accessLog: createAccessLog({ level: config.LOG_LEVEL, metrics, destination }),
  tracing,
  identity: { verifier, revocations, tenantHostSuffix: config.TENANT_HOST_SUFFIX },
  policies: policiesFrom(readRateLimits(config.RATE_LIMITS), config.RATE_LIMIT_SCALE),
  counter,
  securityHeaders,
  corsOrigins: listOf(config.CORS_ORIGINS),
  trustedProxies: listOf(config.TRUST_PROXY),
})
const openStreams = createOpenStreams(revocations)
proxyRoutes({
  door,
  routes: [...routes, getKeys],
  upstreamOf: (context) => (context === 'gateway' ? undefined : upstreams[context]),
  openStreams,
  logger,
})
const events = createEventStreams({ door, nats, revocations, logger })
const health = {
  nats: () => !nats.isClosed() && nats.flush().then(() => true),
  revocations: () => revocations.ready(),
  events: () => events.ready(),
}
const services = [
  { name: 'auth', url: config.AUTH_URL },
  { name: 'instances', url: config.INSTANCES_URL },
  { name: 'assets', url: config.ASSETS_URL },
  { name: 'pdf', url: config.PDF_URL },
]
await mountPages({
  door,
  openApi: JSON.stringify(openApiOf(routes)),
  askHealth: () => askHealth(services, health),
  securityHeaders,
})
await door.ready()
const operations = createHttpServer({ context: name, logger, metrics, tracing, health })

lifecycle.onStop('intake', 'door', () => door.app.close())
lifecycle.onStop('intake', 'events', () => events.close())
lifecycle.onStop('work', 'streams', () => openStreams.close())
lifecycle.onStop('work', 'revocations', () => revocations.close())
lifecycle.onStop('connections', 'services', async () => {
  const ways = Object.values(upstreams).flatMap(({ streams, others }) => [streams, others])
  await Promise.all(ways.map((way) => way.close()))
})
lifecycle.onStop('connections', 'limits', () => counter.close())
lifecycle.onStop('connections', 'nats', () => nats.close())
lifecycle.onStop('connections', 'keys', () => verifier.close())
lifecycle.onStop('connections', 'operations', () => operations.close())
lifecycle.onStop('connections', 'tracing', () => tracing.close())
lifecycle.onStop('connections', 'log', () => destination.flushSync())

revocations.start()
events.start()
const operationsAddress = await operations.listen({
  host: config.OPERATIONS_HOST,
  port: config.OPERATIONS_PORT,
})
const address = await door.app.listen({ host: config.HOST, port: config.PORT })
logger.info({ address, operationsAddress }, 'listening')
await lifecycle.run()
