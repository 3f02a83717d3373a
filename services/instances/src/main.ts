import { createDatabase } from '@atrium/platform/database/database.ts'
import { createAggregate } from '@atrium/platform/decider/aggregate.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { createWaitFor } from '@atrium/platform/http/consistency.ts'
import { createServiceClient } from '@atrium/platform/http/service-client.ts'
import { createIdempotency } from '@atrium/platform/http/idempotency.ts'
import { createHttpServer } from '@atrium/platform/http/server.ts'
import { createAccessTokenVerifier } from '@atrium/platform/identity/access-token.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { createServiceTokens, serviceAudience } from '@atrium/platform/identity/service-tokens.ts'
import { createLifecycle } from '@atrium/platform/lifecycle.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTracing } from '@atrium/platform/telemetry/tracing.ts'
import { loadConfig } from './config.ts'
import { createHoldingsOfOthers, holdingsTimeoutMs } from './holdings.ts'
import { owner } from './owner.ts'
import { closedTenantList } from './projections/closed-tenant-list/projection.ts'
import { instanceList } from './projections/instance-list/projection.ts'
import { createPersonalWorkspaceOnUserRegistered } from './reactions/create-personal-workspace-on-user-registered.ts'
import { purgeInstancesOnTenantRemoved } from './reactions/purge-instances-on-tenant-removed.ts'
import { mountInstances } from './routes/instances.ts'
import { tenant } from './tenant.ts'
import { createPurgeTimer } from './timers/purge-due-instances.ts'

const context = 'instances'
const config = loadConfig()
/** The contexts that say what they hold for an instance. */
const holders = [config.PDF_URL]

const logger = createLogger({ name: context, level: config.LOG_LEVEL })
const metrics = createMetrics({ name: context })
const tracing = createTracing({
  name: context,
  ...(config.OTEL_EXPORTER_OTLP_ENDPOINT ? { endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT } : {}),
})
const lifecycle = createLifecycle({ logger, watchParent: config.ATRIUM_PARENT })

// Connect
const database = await createDatabase({
  ownerUrl: config.DATABASE_URL,
  routesUrl: config.DATABASE_ROUTES_URL,
  context,
})
const store = await openEventStore({
  context,
  databaseUrl: config.DATABASE_URL,
  eventStoreDbUrl: config.EVENTSTOREDB_URL,
})
const nats = await connectNats({ url: config.NATS_URL, name: context, logger })

// Wire
const owners = createAggregate({ store, context, name: 'owner', decider: owner })
const tenants = createAggregate({ store, context, name: 'tenant', decider: tenant })
const projections = createProjections({
  context,
  store,
  database,
  definitions: [instanceList, closedTenantList],
  logger,
  metrics,
  tracing,
})
const relay = createRelay({ context, store, nats, database, logger, metrics, tracing })
const deps = { owners, tenants, database, projections }
const reactions = createReactions<typeof deps>({
  context,
  nats,
  database,
  definitions: [createPersonalWorkspaceOnUserRegistered, purgeInstancesOnTenantRemoved],
  deps,
  logger,
  metrics,
  tracing,
})
const purgeTimer = createPurgeTimer({
  owners,
  owner: database.owner,
  intervalMs: config.INSTANCE_PURGE_INTERVAL_SECONDS * 1000,
  logger,
})
const verifier = createAccessTokenVerifier({
  jwksUrl: `${config.AUTH_URL}/.well-known/jwks.json`,
  issuer: 'atrium',
  audience: ['atrium', serviceAudience],
})
const revocations = createRevocations({ nats, authUrl: config.AUTH_URL, logger })
const idempotency = createIdempotency({ database, logger })
const app = createHttpServer({
  context,
  logger,
  metrics,
  tracing,
  identity: { verifier, revocations },
  waitFor: createWaitFor({ context, projections, reactions }),
  idempotency,
  health: {
    database: () => database.owner.query('select 1').then(() => true),
    eventStore: () => store.headPosition({ streamPrefixes: [`${context}.`] }).then(() => true),
    revocations: () => revocations.ready(),
  },
})
const tokens = createServiceTokens({
  authUrl: config.AUTH_URL,
  secret: config.SERVICE_SECRET,
  service: context,
})
const clientOf = (baseUrl: string) =>
  createServiceClient({ baseUrl, tokens, timeoutMs: holdingsTimeoutMs })
mountInstances(app, {
  owners,
  holdings: createHoldingsOfOthers(holders.map(clientOf)),
  database,
  instancesMax: config.INSTANCES_MAX,
  projectsMax: config.PROJECTS_MAX,
  retentionMs: config.INSTANCE_RETENTION_SECONDS * 1000,
})

// Let go, in this order
lifecycle.onStop('intake', 'http', () => app.close())
lifecycle.onStop('work', 'relay', () => relay.close())
lifecycle.onStop('work', 'reactions', () => reactions.close())
lifecycle.onStop('work', 'projections', () => projections.close())
lifecycle.onStop('work', 'purge timer', () => purgeTimer.close())
lifecycle.onStop('work', 'idempotency', () => idempotency.close())
lifecycle.onStop('work', 'revocations', () => revocations.close())
lifecycle.onStop('connections', 'token keys', () => verifier.close())
lifecycle.onStop('connections', 'event store', () => store.close())
lifecycle.onStop('connections', 'database', () => database.close())
lifecycle.onStop('connections', 'nats', () => nats.close())
lifecycle.onStop('connections', 'tracing', () => tracing.close())

// Run
revocations.start()
await projections.start()
relay.start()
reactions.start()
purgeTimer.start()
await app.listen({ host: config.HOST, port: config.PORT })
logger.info({ port: config.PORT }, 'ready')
await lifecycle.run()
