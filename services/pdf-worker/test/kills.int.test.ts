import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRandom, testSeed } from '@atrium/platform/testkit/random.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareResults } from '../src/timers/compare-results.ts'
import { plannerContent } from './planner.ts'
import { createService, type Service } from './service-context.ts'

// 200 jobs, rendered by processes that are killed in the middle of whatever they do, while the
// connections to the database are cut too: each job is completed once, and stored once.

const jobsMax = 200
const killsMax = 6

let service: Service
const workers = new Set<ChildProcess>()
/** Of workers that nobody killed: a cut connection must not end one. */
const died: (number | string | null)[] = []
beforeAll(async () => {
  service = await createService()
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await service.close()
})

async function startWorker() {
  const { ownerUrl, routesUrl } = service.urls
  const where = JSON.stringify({ ownerUrl, routesUrl, blobsFolder: service.folder })
  const worker = fork(new URL('worker-process.ts', import.meta.url), [where])
  workers.add(worker)
  const ended = new AbortController()
  worker.once('exit', (code, signal) => {
    if (workers.delete(worker)) died.push(signal ?? code)
    ended.abort()
  })
  await once(worker, 'message', ended)
  return worker
}

async function kill(worker: ChildProcess) {
  if (!workers.delete(worker)) return
  const ended = once(worker, 'exit')
  worker.kill('SIGKILL')
  await ended
}

const countEnded = async () => {
  const { rows } = await service.database.owner.query<{ count: number }>(
    `select count(*) as count from job_list where status not in ('pending', 'processing')`,
  )
  return rows[0]?.count ?? 0
}

/** Until so many jobs have ended: told how far it came where it takes too long. */
async function untilEnded(count: number) {
  await expect.poll(countEnded, { timeout: 240_000, interval: 20 }).toBeGreaterThanOrEqual(count)
}

async function cutConnections() {
  const admin = new pg.Client({ connectionString: service.urls.adminUrl })
  await admin.connect()
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = $1 and pid <> pg_backend_pid()`,
    [service.urls.name],
  )
  await admin.end()
}

/** All events of jobs, by their stream. */
async function eventsByJob() {
  const byJob = new Map<string, string[]>()
  for await (const batch of service.store.readAll({ filter: { streamPrefixes: ['pdf.job-'] } })) {
    for (const { stream, type } of batch) byJob.set(stream, [...(byJob.get(stream) ?? []), type])
  }
  return byJob
}

const seed = testSeed()

it(
  `completes each of 200 jobs once, stored once (SEED=${seed})`,
  { timeout: 480_000 },
  async () => {
    const random = createRandom(seed)
    const people = Array.from({ length: 5 }, (_, index) => ({
      userId: `usr_${`${index}d`.repeat(16)}`,
    }))
    const asked = Array.from({ length: jobsMax }, (_, index) =>
      service.request(
        { project: plannerContent(`wait ${index % 7} job ${index}`) },
        people[index % people.length],
      ),
    )
    const jobs = await Promise.all(asked)
    let [first, second] = await Promise.all([startWorker(), startWorker()])
    for (let kills = 0; kills < killsMax; kills += 1) {
      await untilEnded(random.integer(kills * 25, kills * 25 + 24))
      if (kills === 3) await cutConnections()
      if (kills % 2 === 0) {
        await kill(first)
        first = await startWorker()
      } else {
        await kill(second)
        second = await startWorker()
      }
    }
    await untilEnded(jobsMax)
    await Promise.all([kill(first), kill(second)])
    expect(died).toEqual([])

    const byJob = await eventsByJob()
    expect(byJob.size).toBe(jobsMax)
    for (const [stream, types] of byJob) {
      const ends = types.filter((type) => /Completed|Failed|Cancelled/.test(type))
      expect([stream, ends]).toEqual([stream, ['PdfCompleted']])
    }
    await service.letGo()
    await service.letGo()
    const inTwoHours = new Date(Date.now() + 2 * 3_600_000).toISOString()
    const { missing } = await compareResults({ ...service, unsettledMs: 3_600_000 }, inTwoHours)
    expect(missing).toEqual([])
    const states = await Promise.all(jobs.map(({ id }) => service.jobs.load('acme', id)))
    const keys = states.map(({ state }) =>
      state.status === 'completed' ? `acme/${state.result.resultId}` : state.status,
    )
    expect((await service.storedKeys()).toSorted()).toEqual(keys.toSorted())
    const attempts = states.map(({ state }) => (state.status === 'completed' ? state.attempt : 0))
    expect(Math.max(...attempts)).toBeGreaterThan(1) // or the kills met nothing
  },
)
