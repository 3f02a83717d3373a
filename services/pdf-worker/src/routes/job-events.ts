import * as contract from '@atrium/contracts/pdf/job-http.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { mount } from '@atrium/platform/http/route.ts'
import {
  createEventStream,
  eventStreamHeaders,
  type EventStream,
} from '@atrium/platform/http/server-sent-events.ts'
import type { FastifyInstance } from 'fastify'
import type { JobWatch } from '../job-watch.ts'
import { demandJob } from './jobs.ts'

export interface JobEventsDeps {
  readonly database: Database
  readonly jobWatch: JobWatch
  readonly revocations: {
    onRevoked(listener: (sessionId: string) => void): () => void
  }
}

/** As long as an access token lives: who stays comes again with a new one. */
const streamMsMax = 10 * 60_000

export function mountJobEvents(app: FastifyInstance, deps: JobEventsDeps) {
  const { database, jobWatch, revocations } = deps

  mount(app, contract.streamPdfJob, async ({ caller, params, headers, method }) => {
    const { job } = await demandJob(database, caller, params.jobId)
    const seen = versionIn(headers['last-event-id'])
    if (isFinal(job) && seen >= job.version) return { status: 204 }

    const stops: (() => void)[] = []
    const events = createEventStream({
      onClose: () => {
        for (const stop of stops) stop()
      },
    })
    const limit = setTimeout(() => events.end(), streamMsMax)
    stops.push(
      () => clearTimeout(limit),
      revocations.onRevoked((sessionId) => {
        if (sessionId === caller.sessionId) events.end()
      }),
    )
    if (method !== 'HEAD') {
      const key = { tenant: caller.tenant, jobId: params.jobId }
      stops.push(jobWatch.watch(key, (watched) => tell(events, watched?.job, seen)))
    }
    return { status: 200, stream: events.stream, headers: eventStreamHeaders }
  })
}

/** One change; after the last there is nothing more to tell. */
function tell(events: EventStream, job: contract.Job | undefined, seen: number): void {
  if (!job) return events.end() // removed, or hidden with its project
  if (job.version > seen) {
    events.send({ event: nameOf(job), id: String(job.version), data: job })
  }
  if (isFinal(job)) events.end()
}

const isFinal = ({ status }: contract.Job) => status !== 'pending' && status !== 'processing'

const nameOf = (job: contract.Job) => (isFinal(job) ? job.status : 'progress')

/** 0 for what is no id of ours: then everything is told. */
const versionIn = (lastEventId: string | string[] | undefined) =>
  typeof lastEventId === 'string' && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : 0
