import type { Wakeups } from '@atrium/platform/database/wakeups.ts'
import { derivedId } from '@atrium/platform/identifier.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { renewLeases, settleLease, takeLeases } from '../src/queue/leases.ts'
import { createQueueWakeups } from '../src/queue/queue-wakeups.ts'
import { createQueueWorker, type QueueWorker } from '../src/queue/worker.ts'
import { causeIn, createPdfContext, type PdfContext } from './pdf-context.ts'

let context: PdfContext
let wakeups: Wakeups
beforeAll(async () => {
  context = await createPdfContext()
  wakeups = createQueueWakeups(context.database, context.logger)
  wakeups.start()
})
afterAll(async () => {
  await wakeups.close()
  await context.close()
})
afterEach(async () => {
  await context.database.owner.query('truncate queue.lease, queue.turn')
})

const pool = () => context.database.owner
const take = (limit = 1, options: { atOnceMax?: number; underWay?: string[] } = {}) =>
  takeLeases(pool(), { limit, atOnceMax: 99, underWay: [], ...options })

/** So that the jobs of one test are no other's. */
async function endAll() {
  const { rows } = await pool().query<{ tenant_id: string; id: string }>(
    `select tenant_id, id from job_list where status in ('pending', 'processing')`,
  )
  let last = 0
  for (const { tenant_id: tenant, id } of rows) {
    const command = { type: 'RemoveJob', at: '2026-01-02T00:00:00.000Z' } as const
    const { position = 0 } = await context.jobs.handle(id, command, causeIn(tenant))
    last = position
  }
  await context.projections.waitFor(last)
}
afterEach(endAll)

const ask = async (tenant: string, count: number, owner = tenant) => {
  const jobs = []
  for (let index = 0; index < count; index += 1) {
    jobs.push(await context.lay({ tenant, ownerId: derivedId('usr', owner) }))
  }
  return jobs.map(({ jobId }) => jobId)
}

describe('the queue', () => {
  it('gives the jobs of one owner in the order in which they were asked for', async () => {
    const jobs = await ask('acme', 3)
    const taken = [...(await take(2)), ...(await take(2))]
    expect(taken.map(({ jobId }) => jobId)).toEqual(jobs)
    expect(await take()).toEqual([])
  })

  it('lets tenants take turns: the many jobs of one do not hold up the one of another', async () => {
    await ask('acme', 30)
    const [single] = await ask('zenith', 1)
    const first = await take(1)
    const second = await take(1)
    expect(first[0]?.tenant).toBe('acme')
    expect(second[0]?.jobId).toBe(single)
    const [a, b] = [await ask('zenith', 2), await take(4)]
    expect(a).toHaveLength(2)
    expect(b.map(({ tenant }) => tenant)).toEqual(['acme', 'zenith', 'acme', 'zenith'])
  })

  it('lets the owners of a tenant take turns too', async () => {
    await ask('acme', 10, 'busy')
    const [one] = await ask('acme', 1, 'other')
    const taken = await take(2)
    expect(taken.map(({ jobId }) => jobId)).toContain(one)
  })

  it('lets an owner wait who has as many jobs under way as allowed', async () => {
    await ask('acme', 5)
    expect(await take(5, { atOnceMax: 2 })).toHaveLength(2)
    expect(await take(5, { atOnceMax: 2 })).toHaveLength(0)
  })

  it('gives no job twice, however many ask at once', async () => {
    const jobs = await ask('acme', 20)
    const taken = (await Promise.all(Array.from({ length: 12 }, () => take(3)))).flat()
    expect(taken.map(({ jobId }) => jobId).toSorted()).toEqual(jobs.toSorted())
  })

  it('gives a job again when its lease has lapsed, but not to who still works on it', async () => {
    const [job] = await ask('acme', 1)
    const [first] = await take()
    await pool().query('update queue.lease set leased_until = clock_timestamp()')
    expect(await take(1, { underWay: [job ?? ''] })).toEqual([])
    const [second] = await take()
    expect(second?.jobId).toBe(job)
    expect(second?.lease).not.toBe(first?.lease)

    if (!first || !second) throw new Error('nothing was leased')
    expect(await renewLeases(pool(), [first])).toEqual([first])
    expect(await renewLeases(pool(), [second])).toEqual([])
    await settleLease(pool(), first, false)
    expect(await take()).toEqual([])
    await settleLease(pool(), second, false)
    expect(await take()).toMatchObject([{ jobId: job }])
  })

  it('does not give a job that has ended before the read model shows it', async () => {
    await ask('acme', 1)
    const [job] = await take()
    if (!job) throw new Error('nothing was leased')
    await settleLease(pool(), job, true)
    expect(await take()).toEqual([])
  })

  it('is empty once its jobs have ended', async () => {
    await ask('acme', 2)
    await endAll()
    expect(await take(5)).toEqual([])
  })
})

describe('workers', () => {
  const workers: QueueWorker[] = []
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()))
  })

  const start = (
    handle: Parameters<typeof createQueueWorker>[0]['handle'],
    concurrency = 2,
  ): QueueWorker => {
    const { database, logger } = context
    const worker = createQueueWorker({
      database,
      wakeups,
      logger,
      concurrency,
      atOnceMax: 99,
      handle,
    })
    workers.push(worker)
    worker.start()
    return worker
  }

  it('share the jobs, each of which one of them gets', async () => {
    const done: string[] = []
    const handle = async ({ jobId }: { jobId: string }) => {
      done.push(jobId)
      return 'ended' as const
    }
    start(handle)
    start(handle)
    const jobs = await ask('acme', 25)
    await expect.poll(() => done.length).toBe(jobs.length)
    expect(done.toSorted()).toEqual(jobs.toSorted())
  })

  it('work on as many at once as they may', async () => {
    await ask('acme', 5)
    const gate = Promise.withResolvers<void>()
    let most = 0
    let now = 0
    start(async () => {
      now += 1
      most = Math.max(most, now)
      await gate.promise
      now -= 1
      return 'ended'
    }, 3)
    await expect.poll(() => now).toBe(3)
    gate.resolve()
    await expect.poll(() => now).toBe(0)
    expect(most).toBe(3)
  })

  it('try a job again that could not be worked on', async () => {
    const [job] = await ask('acme', 1)
    const seen: string[] = []
    start(async ({ jobId }) => {
      seen.push(jobId)
      if (seen.length === 1) throw new Error('the blob store is away')
      return 'ended'
    })
    await expect.poll(() => seen).toEqual([job, job])
  })

  it('end what is under way when they close, and leave it to others', async () => {
    const [job] = await ask('acme', 1)
    let reason: unknown
    const begun = Promise.withResolvers<void>()
    const worker = start(async (_, signal) => {
      begun.resolve()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      reason = signal.reason
      return 'waits'
    })
    await begun.promise
    await worker.close()
    expect(reason).toMatchObject({ name: 'WorkerClosing' })
    expect(await take()).toMatchObject([{ jobId: job }])
  })
})
