import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Wakeups } from '@atrium/platform/database/wakeups.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { readJobs, type JobKey, type WatchedJob } from './projections/job-list/query.ts'

/** What a job is now; undefined where there is none that is shown. */
export type JobListener = (job: WatchedJob | undefined) => void

export interface JobWatch {
  /** Tells what the job is, soon, and again whenever it has changed. Returns how to stop. */
  watch(key: JobKey, listener: JobListener): () => void
  close(): Promise<void>
}

/** A change is told so late at most, where no hint came. */
const pollMs = 1_000
/** Between two looks, however many hints come. */
const lookPauseMs = 50
/** Asked for in one query. */
const keysMax = 2_000

interface Watched {
  readonly key: JobKey
  readonly listener: JobListener
  /** The version that was told last; 0 for none, undefined before the first look. */
  told: number | undefined
}

/** One look at the read model for all jobs that this process watches, however many they are. */
export function createJobWatch(
  database: Pick<Database, 'owner'>,
  wakeups: Wakeups,
  logger: Pick<Logger, 'warn'>,
): JobWatch {
  const watched = new Set<Watched>()
  const closing = new AbortController()
  const looking = lookForEver()

  async function lookForEver() {
    const { signal } = closing
    while (!signal.aborted) {
      const seen = wakeups.count()
      try {
        await look()
      } catch (error) {
        logger.warn({ err: error }, 'watched jobs cannot be read')
      }
      await delay(lookPauseMs, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await wakeups.after(seen, pollMs)
    }
  }

  async function look() {
    const asked = [...watched]
    for (let first = 0; first < asked.length; first += keysMax) {
      const some = asked.slice(first, first + keysMax)
      const jobs = await readJobs(database.owner, distinct(some))
      const found = new Map(jobs.map((job) => [nameOf(job), job]))
      for (const each of some) tell(each, found.get(nameOf(each.key)))
    }
  }

  function tell(each: Watched, job: WatchedJob | undefined) {
    const version = job?.job.version ?? 0
    if (!watched.has(each) || each.told === version) return
    each.told = version
    each.listener(job)
  }

  return {
    watch(key, listener) {
      const each: Watched = { key, listener, told: undefined }
      watched.add(each)
      wakeups.wake()
      return () => void watched.delete(each)
    },
    async close() {
      closing.abort()
      wakeups.wake()
      await looking
    },
  }
}

const nameOf = ({ tenant, jobId }: JobKey) => `${tenant} ${jobId}`

const distinct = (some: readonly Watched[]) => [
  ...new Map(some.map(({ key }) => [nameOf(key), key])).values(),
]
