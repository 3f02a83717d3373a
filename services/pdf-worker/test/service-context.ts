import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job } from '@atrium/contracts/pdf/job-http.ts'
import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import type { Wakeups } from '@atrium/platform/database/wakeups.ts'
import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import { createContent, type Content } from '@atrium/platform/content/content.ts'
import { createWaitFor } from '@atrium/platform/http/consistency.ts'
import { createIdempotency } from '@atrium/platform/http/idempotency.ts'
import { bearer, createTestHttpServer } from '@atrium/platform/testkit/http-server.ts'
import { createConfinement } from '../src/isolation/confinement.ts'
import { createOutlivedGuard, type OutlivedGuard } from '../src/isolation/outlived-guard.ts'
import { createPool, type Pool } from '../src/isolation/pool.ts'
import type { TaskLimits } from '../src/isolation/protocol.ts'
import { createJobWatch, type JobWatch } from '../src/job-watch.ts'
import { createFindDevice } from '../src/devices.ts'
import type { Project, ReadProject } from '../src/peers.ts'
import { createQueueWakeups } from '../src/queue/queue-wakeups.ts'
import { createQueueWorker } from '../src/queue/worker.ts'
import { createRenderJob, type ReadAssets } from '../src/rendering/render-job.ts'
import type { TaskAsset } from '../src/rendering/task.ts'
import { mountBatches } from '../src/routes/batches.ts'
import { mountDesigns } from '../src/routes/designs.ts'
import { mountDevices } from '../src/routes/devices.ts'
import { mountGallery } from '../src/routes/gallery.ts'
import { mountJobEvents } from '../src/routes/job-events.ts'
import { mountJobs } from '../src/routes/jobs.ts'
import { letGo } from '../src/timers/let-go.ts'
import type { Aggregates } from '../src/aggregates.ts'
import { createFakePeers, type FakePeers } from './fake-peers.ts'
import { createPdfContext, type PdfContext } from './pdf-context.ts'

export interface ServiceOptions {
  /** What the render processes run; the stand-in unless given. */
  readonly program?: URL
  readonly limits?: Partial<TaskLimits>
  readonly jobsPerDayMax?: number
  readonly retentionMs?: number
}

const standIn = new URL('programs/stand-in-process.ts', import.meta.url)

/** The service without NATS and its peers: routes, queue, render processes, store. */
export async function createService(options: ServiceOptions = {}) {
  const context = await createPdfContext()
  const { database, store, logger, projections, aggregates } = context
  const folder = await mkdtemp(join(tmpdir(), 'atrium-pdf-test-'))
  const blobs = await openLocalBlobStore(folder)
  const wakeups = startWakeups(context)
  const parts: Parts = {
    context,
    aggregates,
    blobs,
    wakeups,
    content: createContent({ database }),
    jobWatch: createJobWatch(database, wakeups, logger),
    limits: limitsOf(options),
    retentionMs: options.retentionMs ?? 86_400_000,
    jobsPerDayMax: options.jobsPerDayMax ?? 1_000,
    peers: createFakePeers(),
    projects: new Map(),
    assets: new Map(),
    outcomes: [],
  }
  const guard = createOutlivedGuard()
  const pool = await createTestPool(options, parts, guard)
  let worker = createWorker(parts, pool)
  const idempotency = createIdempotency({ database, logger })
  const http = createTestHttpServer({
    context: 'pdf',
    idempotency,
    waitFor: createWaitFor({ context: 'pdf', projections }),
  })
  mountRoutes(http.app, parts, pool)

  return {
    ...context,
    ...parts,
    ...createClient(http),
    galleryDeps: galleryDepsOf(parts),
    /** Where the blobs lie. */
    folder,
    start: () => worker.start(),
    /** A further one, as in another process. */
    createWorker: () => createWorker(parts, pool),
    async stopWorker() {
      await worker.close()
      worker = createWorker(parts, pool)
    },
    /** One round of the timer, when the read models show everything. */
    async letGo(at = new Date().toISOString()) {
      await projections.waitFor(await store.headPosition({ streamPrefixes: ['pdf.'] }))
      return await letGo({ aggregates, database, blobs }, at)
    },
    async storedKeys() {
      const keys = []
      for await (const { key } of blobs.list()) keys.push(key)
      return keys
    },
    async close() {
      await http.app.close()
      await worker.close()
      await pool.close()
      guard.close()
      await parts.jobWatch.close()
      await wakeups.close()
      idempotency.close()
      await blobs.close()
      await context.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function startWakeups({ database, logger }: PdfContext) {
  const wakeups = createQueueWakeups(database, logger)
  wakeups.start()
  return wakeups
}

async function createTestPool(
  { program = standIn }: ServiceOptions,
  { limits, context: { logger } }: Parts,
  guard: OutlivedGuard,
) {
  return createPool({
    program,
    confinement: await createConfinement(limits.memoryBytesMax),
    priority: 'normal',
    guard,
    capacity: 2,
    sparesMax: 1,
    tasksMax: 1_000,
    keptBytesMax: limits.memoryBytesMax,
    logger,
  })
}

interface Parts {
  readonly context: PdfContext
  readonly aggregates: Aggregates
  readonly blobs: BlobStore
  readonly wakeups: Wakeups
  readonly content: Content
  readonly jobWatch: JobWatch
  readonly limits: TaskLimits
  readonly retentionMs: number
  readonly jobsPerDayMax: number
  readonly peers: FakePeers
  /** What the peers have. */
  readonly projects: Map<string, Project & { readonly ownerId: string }>
  readonly assets: Map<string, TaskAsset & { readonly ownerId: string }>
  /** Of the renders, in the order in which they ended. */
  readonly outcomes: string[]
}

const limitsOf = ({ limits }: ServiceOptions): TaskLimits => ({
  memoryBytesMax: 512 * 1_048_576,
  timeoutMs: 60_000,
  pagesMax: 1_000,
  outputBytesMax: 1_048_576,
  ...limits,
})

const rendererVersion = 'test'

function createWorker(parts: Parts, pool: Pool) {
  const { context, aggregates, blobs, wakeups, content, jobWatch, outcomes } = parts
  const { database, store, logger } = context
  return createQueueWorker({
    database,
    wakeups,
    logger,
    concurrency: 2,
    atOnceMax: 2,
    handle: createRenderJob({
      aggregates,
      store,
      database,
      content,
      blobs,
      pool,
      jobWatch,
      readAssets: readAssetsOf(parts),
      limits: parts.limits,
      retentionMs: parts.retentionMs,
      rendererVersion,
      measure: { started: () => {}, ended: (outcome) => outcomes.push(outcome) },
    }),
  })
}

function mountRoutes(app: Http['app'], parts: Parts, pool: Pool) {
  const { context, aggregates, blobs, content, jobWatch, projects, retentionMs } = parts
  const { database } = context
  const findDevice = createFindDevice(database)
  const readProject: ReadProject = async (id, { userId }) => {
    const project = projects.get(id)
    return project?.ownerId === userId ? project : undefined
  }
  mountJobs(app, {
    aggregates,
    database,
    content,
    blobs,
    readProject,
    findDevice,
    pagesMax: parts.limits.pagesMax,
    jobsPerDayMax: parts.jobsPerDayMax,
    retentionMs,
    rendererVersion,
    onRemoved: () => {},
  })
  mountJobEvents(app, { database, jobWatch, revocations: { onRevoked: () => () => {} } })
  mountBatches(app, { database, blobs })
  mountGallery(app, {
    ...galleryDepsOf(parts),
    readProject,
    readAssets: readAssetsOf(parts),
  })
  mountDevices(app, { shelves: aggregates.shelves, database, devicesMax: 3 })
  mountDesigns(app, {
    readProject,
    readAssets: readAssetsOf(parts),
    findDevice,
    pool,
    limits: parts.limits,
  })
}

function galleryDepsOf({ context, aggregates, content, blobs, peers }: Parts) {
  const { clones, listings } = aggregates
  const { database, store } = context
  const { assetPeer, client: instances } = peers
  return { clones, listings, content, blobs, database, store, assetPeer, instances }
}

const readAssetsOf =
  ({ assets }: Parts): ReadAssets =>
  async ({ userId }, ids) =>
    ids.flatMap((id) => assets.get(id) ?? []).filter(({ ownerId }) => ownerId === userId)

export type Service = Awaited<ReturnType<typeof createService>>

type Http = ReturnType<typeof createTestHttpServer>

/** Requests as people make them, each as fresh as what they wrote before. */
function createClient({ app }: Http) {
  let seen: string | undefined

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD',
    url: string,
    options: {
      body?: unknown
      headers?: Readonly<Record<string, string>>
      as?: Parameters<typeof bearer>[0]
    } = {},
  ) {
    const answer = await app.inject({
      method,
      url,
      headers: {
        ...bearer(options.as),
        ...(seen === undefined ? {} : { 'consistency-token': seen }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { payload: JSON.stringify(options.body) }),
    })
    const { statusCode: status, headers, rawPayload: bytes } = answer
    const token = headers['consistency-token']
    if (typeof token === 'string') seen = token
    const isJson = String(headers['content-type']).includes('json')
    return { status, headers, bytes, body: isJson ? answer.json() : undefined }
  }

  return {
    ask,
    /** The job of a request for one device. */
    async request(body: object, as?: Parameters<typeof bearer>[0]): Promise<Job> {
      const answer = await ask('POST', '/v1/pdf/jobs', {
        body: { device: 'remarkable-2', ...body },
        ...(as ? { as } : {}),
      })
      if (answer.status !== 202) throw new Error(JSON.stringify(answer.body))
      return answer.body as Job
    },
    async jobOf(id: string, as?: Parameters<typeof bearer>[0]): Promise<Job> {
      return (await ask('GET', `/v1/pdf/jobs/${id}`, as ? { as } : {})).body as Job
    },
  }
}
