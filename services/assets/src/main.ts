import { openBlobStore } from '@atrium/platform/blobs/open.ts'
import { createDatabase } from '@atrium/platform/database/database.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { createWaitFor } from '@atrium/platform/http/consistency.ts'
import { createIdempotency } from '@atrium/platform/http/idempotency.ts'
import { createHttpServer } from '@atrium/platform/http/server.ts'
import { createAccessTokenVerifier } from '@atrium/platform/identity/access-token.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { serviceAudience } from '@atrium/platform/identity/service-tokens.ts'
import { createLifecycle } from '@atrium/platform/lifecycle.ts'
import { connectNats } from '@atrium/platform/messaging/nats.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTracing } from '@atrium/platform/telemetry/tracing.ts'
import { createAggregates } from './aggregates.ts'
import { createCollector } from './collecting/collector.ts'
import { loadConfig } from './config.ts'
import { createImageWorkshop } from './images/workshop.ts'
import { createLinkTokens } from './link-token.ts'
import { createInspection } from './media/inspect.ts'
import { blobList } from './projections/blob-list/projection.ts'
import { fileTree } from './projections/file-tree/projection.ts'
import { library } from './projections/library/projection.ts'
import { linkList } from './projections/link-list/projection.ts'
import { createProver, proofMigration } from './proof/prover.ts'
import { keepStorageOnInstanceChanged } from './reactions/keep-storage-on-instance-changed.ts'
import { keepUsesOnProjectChanged } from './reactions/keep-uses-on-project-changed.ts'
import {
  releaseStorageOnTenantRemoved,
  type Deps as ReleaseDeps,
} from './reactions/release-storage-on-tenant-removed.ts'
import { mountAssets } from './routes/assets.ts'
import { mountContent } from './routes/content.ts'
import { mountHoldings } from './routes/holdings.ts'
import { mountFileChanges } from './routes/file-changes.ts'
import { mountFileWrites } from './routes/file-writes.ts'
import { mountFiles } from './routes/files.ts'
import { mountLinks } from './routes/links.ts'
import { mountUploads } from './routes/uploads.ts'
import { createTidyTimer } from './timers/tidy-files.ts'

const context = 'assets'
/** What a process that died has left of files may wait so long. */
const tidyIntervalMs = 10 * 60_000
const config = loadConfig()
/** How long a proof waits for the read models. */
const proofWaitMs = 60_000

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
  migrations: [proofMigration],
})
const store = await openEventStore({
  context,
  databaseUrl: config.DATABASE_URL,
  eventStoreDbUrl: config.EVENTSTOREDB_URL,
})
const blobs = await openBlobStore(context, config)
const nats = await connectNats({ url: config.NATS_URL, name: context, logger })

// Wire
const { storages, blobs: blobAggregates, links, trees, proofs } = createAggregates(store)
const limits = {
  bytesMax: config.FREE_TIER_BYTES_MAX,
  imagesMax: config.FREE_TIER_IMAGES_MAX,
}
const graceMs = config.ASSETS_GRACE_SECONDS * 1000
const linkTokens = createLinkTokens(config.SERVICE_SECRET)
const projections = createProjections({
  context,
  store,
  database,
  definitions: [library, blobList, linkList, fileTree],
  logger,
  metrics,
  tracing,
})
const headPosition = () => store.headPosition({ streamPrefixes: [`${context}.`] })
const relay = createRelay({ context, store, nats, database, logger, metrics, tracing })
const reactions = createReactions<ReleaseDeps>({
  context,
  nats,
  database,
  definitions: [
    keepStorageOnInstanceChanged,
    keepUsesOnProjectChanged,
    releaseStorageOnTenantRemoved,
  ],
  deps: { storages, trees, graceMs, database, projections, headPosition },
  logger,
  metrics,
  tracing,
})
const collector = createCollector({
  storages,
  blobAggregates,
  blobs,
  owner: database.owner,
  database,
  intervalMs: config.ASSETS_COLLECT_INTERVAL_SECONDS * 1000,
  logger,
})
const unsettledMs = config.ASSETS_UNSETTLED_SECONDS * 1000
const prover = createProver({
  store,
  database,
  blobs,
  blobAggregates,
  proofs,
  async caughtUp() {
    const position = await headPosition()
    await projections.waitFor(position, { timeoutMs: proofWaitMs })
    return position
  },
  unsettledMs,
  intervalMs: config.ASSETS_PROOF_INTERVAL_SECONDS * 1000,
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
    eventStore: () => headPosition().then(() => true),
    revocations: () => revocations.ready(),
  },
})

mountAssets(app, { storages, database, limits, graceMs })
const uploadDeps = {
  storages,
  blobAggregates,
  blobs,
  inspect: createInspection(createImageWorkshop()),
  rules: {
    projectImageBytesMax: config.PROJECT_IMAGE_BYTES_MAX,
    imageBytesMax: config.IMAGE_BYTES_MAX,
    fileBytesMax: config.FILE_BYTES_MAX,
  },
  limits,
  unsettledMs,
  logger,
}
mountUploads(app, uploadDeps)
const fileDeps = { ...uploadDeps, trees, database, graceMs, entriesMax: config.FILES_MAX }
mountFiles(app, fileDeps)
mountFileWrites(app, fileDeps)
mountFileChanges(app, fileDeps)
mountContent(app, { database, blobs, storages, links, linkTokens })
mountLinks(app, { database, links, linkTokens })
mountHoldings(app, { database })
const tidyTimer = createTidyTimer({
  storages,
  trees,
  graceMs,
  owner: database.owner,
  intervalMs: tidyIntervalMs,
  logger,
})

// Let go, in this order
lifecycle.onStop('intake', 'http', () => app.close())
lifecycle.onStop('work', 'files', () => tidyTimer.close())
lifecycle.onStop('work', 'relay', () => relay.close())
lifecycle.onStop('work', 'reactions', () => reactions.close())
lifecycle.onStop('work', 'collector', () => collector.close())
lifecycle.onStop('work', 'prover', () => prover.close())
lifecycle.onStop('work', 'projections', () => projections.close())
lifecycle.onStop('work', 'idempotency', () => idempotency.close())
lifecycle.onStop('work', 'revocations', () => revocations.close())
lifecycle.onStop('connections', 'token keys', () => verifier.close())
lifecycle.onStop('connections', 'blob store', () => blobs.close())
lifecycle.onStop('connections', 'event store', () => store.close())
lifecycle.onStop('connections', 'database', () => database.close())
lifecycle.onStop('connections', 'nats', () => nats.close())
lifecycle.onStop('connections', 'tracing', () => tracing.close())

// Run
revocations.start()
await projections.start()
relay.start()
reactions.start()
tidyTimer.start()
collector.start()
prover.start()
await app.listen({ host: config.HOST, port: config.PORT })
logger.info({ port: config.PORT }, 'ready')
await lifecycle.run()
