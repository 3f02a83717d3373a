import { openBlobStore } from '@atrium/platform/blobs/open.ts'
import { createContent } from '@atrium/platform/content/content.ts'
import { createServiceClient } from '@atrium/platform/http/service-client.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { createServiceTokens } from '@atrium/platform/identity/service-tokens.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { connectService } from '@atrium/platform/service/connect.ts'
import { createServiceDoor } from '@atrium/platform/service/door.ts'
import { runService } from '@atrium/platform/service/run.ts'
import { createRounds } from '@atrium/platform/timers/rounds.ts'
import { createAggregates } from './aggregates.ts'
import { loadConfig } from './config.ts'
import { createFindDevice } from './devices.ts'
import { createAssetPeer } from './gallery/asset-peer.ts'
import { createCloneWorker } from './gallery/clone-worker.ts'
import { createConfinement } from './isolation/confinement.ts'
import { createOutlivedGuard } from './isolation/outlived-guard.ts'
import { createPool } from './isolation/pool.ts'
import { createJobWatch } from './job-watch.ts'
import { createRenderMeasure } from './measure.ts'
import { migrations } from './migrations.ts'
import { createReadAssets, createReadProject } from './peers.ts'
import { projectionDefinitions } from './projections/definitions.ts'
import { createQueueWakeups } from './queue/queue-wakeups.ts'
import { createQueueWorker } from './queue/worker.ts'
import { followInstanceOnInstanceDeleted } from './reactions/follow-instance-on-instance-deleted.ts'
import { followProjectOnProjectDeleted } from './reactions/follow-project-on-project-deleted.ts'
import type { Deps as ReactionDeps } from './reactions/follow-source.ts'
import { removeAllOnTenantRemoved } from './reactions/remove-all-on-tenant-removed.ts'
import { createRenderJob } from './rendering/render-job.ts'
import { rendererVersionOf } from './rendering/renderer-version.ts'
import { mountBatches } from './routes/batches.ts'
import { mountDesigns } from './routes/designs.ts'
import { mountDevices } from './routes/devices.ts'
import { mountGallery } from './routes/gallery.ts'
import { mountHoldings } from './routes/holdings.ts'
import { mountJobEvents } from './routes/job-events.ts'
import { mountJobs } from './routes/jobs.ts'
import { compareResults } from './timers/compare-results.ts'
import { letGo } from './timers/let-go.ts'

const context = 'pdf'
const config = loadConfig()

const limits = {
  memoryBytesMax: config.MAX_PDF_MEMORY_MB * 1_048_576,
  timeoutMs: config.PDF_TIMEOUT_SECONDS * 1_000,
  pagesMax: config.MAX_PDF_PAGES,
  outputBytesMax: config.MAX_PDF_SIZE_MB * 1_048_576,
}
const retentionMs = config.PDF_RETENTION_SECONDS * 1_000
const unsettledMs = config.PDF_UNSETTLED_SECONDS * 1_000

// Connect
const service = await connectService({
  context,
  config,
  migrations,
})
const { database, store, nats, logger, lifecycle } = service
const blobs = await openBlobStore(context, config)
const tokens = createServiceTokens({
  authUrl: config.AUTH_URL,
  secret: config.SERVICE_SECRET,
  service: context,
})
const instances = createServiceClient({ baseUrl: config.INSTANCES_URL, tokens })
const assets = createServiceClient({ baseUrl: config.ASSETS_URL, tokens })

// Wire
const aggregates = createAggregates(store)
const content = createContent({ database })
const projections = createProjections({ ...service, definitions: projectionDefinitions })
const relay = createRelay(service)
const wakeups = createQueueWakeups(database, logger)
const jobWatch = createJobWatch(database, wakeups, logger)
const confinement = await createConfinement(limits.memoryBytesMax)
if (confinement.hasNetwork) {
  logger.warn('render processes could reach the network: this system gives them no space without')
}
const guard = createOutlivedGuard()
const processes = {
  confinement,
  guard,
  tasksMax: config.PDF_PROCESS_TASKS_MAX,
  keptBytesMax: limits.memoryBytesMax / 2,
  logger,
}
const renders = createPool({
  ...processes,
  program: new URL('render-process.ts', import.meta.url),
  priority: 'low',
  capacity: config.PDF_RENDERS_MAX,
  sparesMax: 1,
})
const previews = createPool({
  ...processes,
  program: new URL('preview-process.ts', import.meta.url),
  priority: 'normal',
  capacity: config.PDF_PREVIEWS_MAX,
  sparesMax: 1,
})
const readAssets = createReadAssets(assets)
const readProject = createReadProject(instances)
const findDevice = createFindDevice(database)
const rendererVersion = rendererVersionOf()
const worker = createQueueWorker({
  database,
  wakeups,
  logger,
  concurrency: config.PDF_RENDERS_MAX,
  atOnceMax: config.PDF_JOBS_AT_ONCE_MAX,
  handle: createRenderJob({
    aggregates,
    store,
    database,
    content,
    blobs,
    pool: renders,
    jobWatch,
    readAssets,
    limits,
    retentionMs,
    rendererVersion,
    measure: createRenderMeasure(service.metrics, database),
  }),
})
const { clones, listings } = aggregates
const assetPeer = createAssetPeer(assets)
const gallery = { clones, listings, content, blobs, assetPeer, instances }
const cloneWorker = createCloneWorker({ ...gallery, store, database, wakeups, logger })
const letGoTimer = createRounds({
  name: 'let-go',
  intervalMs: config.PDF_LET_GO_INTERVAL_SECONDS * 1_000,
  logger,
  run: (at) => letGo({ aggregates, database, blobs }, at),
})
const compareTimer = createRounds({
  name: 'compare-results',
  intervalMs: config.PDF_COMPARE_INTERVAL_SECONDS * 1_000,
  logger,
  async run(at) {
    const { known, orphans, missing } = await compareResults({ database, blobs, unsettledMs }, at)
    if (missing.length > 0) logger.error({ missing }, 'bytes are missing from the blob store')
    return { known, orphans: orphans.length, missing: missing.length }
  },
})
const reactions = createReactions<ReactionDeps>({
  ...service,
  definitions: [
    followProjectOnProjectDeleted,
    followInstanceOnInstanceDeleted,
    removeAllOnTenantRemoved,
  ],
  deps: {
    aggregates,
    database,
    waitVisible: (position) => projections.waitFor(position),
    onRemoved: letGoTimer.soon,
  },
})
const revocations = createRevocations({ nats, authUrl: config.AUTH_URL, logger })
const app = createServiceDoor(service, { projections, reactions, revocations })
mountJobs(app, {
  aggregates,
  database,
  content,
  blobs,
  readProject,
  findDevice,
  pagesMax: limits.pagesMax,
  jobsPerDayMax: config.PDF_JOBS_PER_DAY_MAX,
  retentionMs,
  rendererVersion,
  onRemoved: (position) => {
    void projections.waitFor(position).then(letGoTimer.soon, () => undefined)
  },
})
mountJobEvents(app, { database, jobWatch, revocations })
mountBatches(app, { database, blobs })
mountDesigns(app, {
  readProject,
  readAssets,
  findDevice,
  pool: previews,
  limits: { ...limits, timeoutMs: config.PDF_PREVIEW_TIMEOUT_SECONDS * 1_000 },
})
mountDevices(app, {
  shelves: aggregates.shelves,
  database,
  devicesMax: config.PDF_DEVICES_MAX,
})
mountGallery(app, { ...gallery, database, readProject, readAssets })
mountHoldings(app, database)

// Run
lifecycle.onStop('connections', 'blob store', () => blobs.close())
const rendering = {
  start: worker.start,
  async close() {
    await worker.close()
    await Promise.all([renders.close(), previews.close()])
    guard.close()
  },
}
const parts = { wakeups, rendering, cloneWorker, letGoTimer, compareTimer, jobWatch }
await runService(service, { app, revocations, projections, relay, reactions, parts })
