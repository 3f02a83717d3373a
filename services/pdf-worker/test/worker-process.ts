import process from 'node:process'
import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import { createContent } from '@atrium/platform/content/content.ts'
import { createDatabase } from '@atrium/platform/database/database.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createAggregates } from '../src/aggregates.ts'
import { createConfinement } from '../src/isolation/confinement.ts'
import { createOutlivedGuard } from '../src/isolation/outlived-guard.ts'
import { createPool } from '../src/isolation/pool.ts'
import { createJobWatch } from '../src/job-watch.ts'
import { migrations } from '../src/migrations.ts'
import { projectionDefinitions } from '../src/projections/definitions.ts'
import { createQueueWakeups } from '../src/queue/queue-wakeups.ts'
import { createQueueWorker } from '../src/queue/worker.ts'
import { createRenderJob } from '../src/rendering/render-job.ts'

/*
 * A service that only renders, with the stand-in for the renderer, until it is killed. Told where
 * everything lies by its first argument.
 */

const { ownerUrl, routesUrl, blobsFolder } = JSON.parse(process.argv[2] ?? '') as {
  readonly ownerUrl: string
  readonly routesUrl: string
  readonly blobsFolder: string
}
const context = 'pdf'
const logger = createLogger({ name: 'worker', level: 'silent' })
const metrics = createMetrics({ name: 'worker' })
const database = await createDatabase({ ownerUrl, routesUrl, context, migrations })
const store = await openEventStore({ context, databaseUrl: ownerUrl })
const definitions = projectionDefinitions
const projections = createProjections({ context, store, database, definitions, logger, metrics })
await projections.start()
const memoryBytesMax = 512 * 1_048_576
const wakeups = createQueueWakeups(database, logger)
wakeups.start()
const concurrency = 2

createQueueWorker({
  database,
  wakeups,
  logger,
  concurrency,
  atOnceMax: 100,
  handle: createRenderJob({
    aggregates: createAggregates(store),
    store,
    database,
    content: createContent({ database }),
    blobs: await openLocalBlobStore(blobsFolder),
    pool: createPool({
      program: new URL('programs/stand-in-process.ts', import.meta.url),
      confinement: await createConfinement(memoryBytesMax),
      priority: 'normal',
      guard: createOutlivedGuard(),
      capacity: concurrency,
      sparesMax: 0,
      tasksMax: 1_000,
      keptBytesMax: memoryBytesMax,
      logger,
    }),
    jobWatch: createJobWatch(database, wakeups, logger),
    readAssets: async () => [],
    limits: { memoryBytesMax, timeoutMs: 60_000, pagesMax: 1_000, outputBytesMax: 1_048_576 },
    retentionMs: 86_400_000,
    rendererVersion: 'test',
    measure: { started: () => {}, ended: () => {} },
  }),
}).start()
process.send?.('ready')
process.on('disconnect', () => process.exit(0))
