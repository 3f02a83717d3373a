import { createContent } from '@atrium/platform/content/content.ts'
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
import { projectConflict } from './project-conflict.ts'
import { project } from './project.ts'
import { createSnapshots } from './project/snapshots.ts'
import { createProjectVersions } from './project/versions.ts'
import { instanceList } from './projections/instance-list/projection.ts'
import { projectList } from './projections/project-list/projection.ts'
import { projectPlace } from './projections/project-place/projection.ts'
import { closeOwnerOnUserRemoved } from './reactions/close-owner-on-user-removed.ts'
import { createPersonalWorkspaceOnUserRegistered } from './reactions/create-personal-workspace-on-user-registered.ts'
import { purgeInstancesOnTenantRemoved } from './reactions/purge-instances-on-tenant-removed.ts'
import { purgeProjectsOnInstancePurged } from './reactions/purge-projects-on-instance-purged.ts'
import { mountInstances } from './routes/instances.ts'
import { mountProjectChanges } from './routes/project-changes.ts'
import { mountProjectReading } from './routes/project-reading.ts'
import { mountProjectVersions } from './routes/project-versions.ts'
import { mountProjects } from './routes/projects.ts'
import { tenant } from './tenant.ts'
import { createPurgeTimer } from './timers/purge-due-instances.ts'
import { createProjectPurgeTimer } from './timers/purge-due-projects.ts'
import { createPlacesTimer } from './timers/release-left-places.ts'

const context = 'instances'
const config = loadConfig()
/** The contexts that say what they hold for an instance. */
const holders = [config.ASSETS_URL, config.PDF_URL]

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
  migrations: [
    {
      name: 'instances/project-snapshot',
      file: new URL('project/snapshots.sql', import.meta.url),
    },
  ],
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
const projects = createAggregate({ store, context, name: 'project', decider: project })
const conflicts = createAggregate({
  store,
  context,
  name: 'project_conflict',
  decider: projectConflict,
})
const content = createContent({ database })
const versions = createProjectVersions({
  store,
  content,
  snapshots: createSnapshots(database),
  cacheBytesMax: config.PROJECT_CACHE_BYTES,
  logger,
})
const projections = createProjections({
  context,
  store,
  database,
  definitions: [instanceList, closedTenantList, projectList, projectPlace],
  logger,
  metrics,
  tracing,
})
const relay = createRelay({ context, store, nats, database, logger, metrics, tracing })
const deps = {
  owners,
  tenants,
  projects,
  conflicts,
  content,
  versions,
  store,
  database,
  owner: database.owner,
  projections,
  projectsMax: config.PROJECTS_MAX,
}
const reactions = createReactions<typeof deps>({
  context,
  nats,
  database,
  definitions: [
    closeOwnerOnUserRemoved,
    createPersonalWorkspaceOnUserRegistered,
    purgeInstancesOnTenantRemoved,
    purgeProjectsOnInstancePurged,
  ],
  deps,
  logger,
  metrics,
  tracing,
})
const intervalMs = config.PROJECT_TIMER_INTERVAL_SECONDS * 1000
const timers = [
  createPurgeTimer({
    owners,
    owner: database.owner,
    intervalMs: config.INSTANCE_PURGE_INTERVAL_SECONDS * 1000,
    logger,
  }),
  createProjectPurgeTimer({ ...deps, intervalMs, logger }),
  createPlacesTimer({ ...deps, intervalMs, logger }),
]
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

mountProjects(app, deps)
mountProjectChanges(app, {
  ...deps,
  retentionMs: config.PROJECT_RETENTION_SECONDS * 1000,
})
mountProjectVersions(app, deps)
mountProjectReading(app, deps)

// Let go, in this order
lifecycle.onStop('intake', 'http', () => app.close())
lifecycle.onStop('work', 'relay', () => relay.close())
lifecycle.onStop('work', 'reactions', () => reactions.close())
lifecycle.onStop('work', 'projections', () => projections.close())
lifecycle.onStop('work', 'timers', async () => {
  await Promise.all(timers.map((timer) => timer.close()))
})
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
for (const timer of timers) timer.start()
await app.listen({ host: config.HOST, port: config.PORT })
logger.info({ port: config.PORT }, 'ready')
await lifecycle.run()
