import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Wakeups } from '@atrium/platform/database/wakeups.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { leaseMs, renewLeases, settleLease, takeLeases, type Leased } from './leases.ts'

export interface QueueWorkerOptions {
  readonly database: Pick<Database, 'owner'>
  readonly wakeups: Wakeups
  readonly logger: Logger
  /** Jobs that this process works on at once. */
  readonly concurrency: number
  readonly atOnceMax: number
  /**
   * Works on one job and resolves with whether it has ended; else it waits for whoever is free. The
   * signal ends it: the lease is lost, or the process closes.
   */
  handle(job: Leased, signal: AbortSignal): Promise<'ended' | 'waits'>
}

export interface QueueWorker {
  start(): void
  /** Takes nothing new, ends what is under way by its signal, and waits for it. */
  close(): Promise<void>
}

/** Why the signal of a job is raised. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}
export class WorkerClosing extends Error {
  override readonly name = 'WorkerClosing'
}

/** For a lease of a process that died; all else is told. */
const safetyPollMs = 2_000
const databaseRetryMs = 500
/** Before a job is tried again that could not be worked on, because something else is away. */
const faultRetryMs = 1_000

/** Takes the jobs whose turn it is, and lets `handle` work on them. */
export function createQueueWorker(options: QueueWorkerOptions): QueueWorker {
  const { database, wakeups, logger, concurrency, atOnceMax } = options
  const { owner } = database
  const stopping = new AbortController()
  const jobs = createJobsUnderWay(options, stopping.signal)
  let working: Promise<void> | undefined
  let renewing: Promise<void> | undefined

  async function work() {
    while (!stopping.signal.aborted) {
      const seen = wakeups.count()
      const limit = concurrency - jobs.held().length
      let taken: readonly Leased[] = []
      try {
        const underWay = jobs.held().map(({ jobId }) => jobId)
        if (limit > 0) taken = await takeLeases(owner, { limit, atOnceMax, underWay })
      } catch (error) {
        logger.warn({ err: error }, 'the queue cannot be read')
        await pause(databaseRetryMs * (0.5 + Math.random()), stopping.signal)
        continue
      }
      for (const job of taken) jobs.begin(job)
      if (taken.length === 0) await wakeups.after(seen, safetyPollMs)
    }
  }

  async function renew() {
    while (!stopping.signal.aborted) {
      await pause(leaseMs / 3, stopping.signal)
      try {
        for (const job of await renewLeases(owner, jobs.held())) {
          jobs.end(job, new LeaseLost(`another process works on ${job.jobId}`))
        }
      } catch (error) {
        logger.warn({ err: error }, 'leases were not renewed')
      }
    }
  }

  return {
    start() {
      working ??= work()
      renewing ??= renew()
    },
    async close() {
      stopping.abort()
      wakeups.wake()
      await working
      await jobs.endAll(new WorkerClosing('the service is closing'))
      await renewing
    },
  }
}

/** What this process works on, each job with the signal that ends it. */
function createJobsUnderWay(options: QueueWorkerOptions, closing: AbortSignal) {
  const { database, wakeups, logger } = options
  const signals = new Map<Leased, AbortController>()
  const running = new Set<Promise<void>>()

  async function handle(job: Leased, signal: AbortSignal) {
    const { jobId } = job
    let isEnded = false
    try {
      isEnded = (await options.handle(job, signal)) === 'ended'
    } catch (error) {
      logger.error({ err: error, jobId }, 'a job could not be worked on; it is tried again')
      await pause(faultRetryMs, closing)
    }
    await settleLease(database.owner, job, isEnded).catch((error: unknown) => {
      logger.warn({ err: error, jobId }, 'a lease was not settled; it lapses')
    })
  }

  return {
    held: () => [...signals.keys()],
    begin(job: Leased) {
      const controller = new AbortController()
      signals.set(job, controller)
      const handled = handle(job, controller.signal).finally(() => {
        signals.delete(job)
        running.delete(handled)
        wakeups.wake()
      })
      running.add(handled)
    },
    end(job: Leased, reason: Error) {
      signals.get(job)?.abort(reason)
    },
    async endAll(reason: Error) {
      for (const controller of signals.values()) controller.abort(reason)
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/** Resolves after the time, or when the signal ends it. */
const pause = (ms: number, signal: AbortSignal) =>
  delay(ms, undefined, { signal }).catch(() => undefined)
