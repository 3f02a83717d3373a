import { streamName } from '@atrium/contracts/naming.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { derivedCommandId } from '@atrium/platform/identifier.ts'
import type { Aggregates } from '../aggregates.ts'
import type { JobCommand, JobRequest } from '../job.ts'
import type { Leased } from '../queue/leases.ts'

/** One leased job, and the commands that whoever works on it may issue. */
export interface JobWork {
  readonly tenant: string
  readonly jobId: string
  readonly request: JobRequest
  readonly handle: (command: JobCommand) => ReturnType<Aggregates['jobs']['handle']>
  /** The cause of a further command: an id of its own, and whoever asked for the PDF. */
  readonly cause: () => Cause
}

export async function createJobWork(
  { aggregates, store }: { readonly aggregates: Aggregates; readonly store: EventStore },
  { tenant, jobId, lease }: Leased,
  request: JobRequest,
): Promise<JobWork> {
  const origin = await originOf(store, tenant, jobId)
  let commands = 0
  const cause = (): Cause => {
    commands += 1
    return { ...origin, commandId: derivedCommandId(lease, jobId, String(commands)) }
  }
  return {
    tenant,
    jobId,
    request,
    cause,
    handle: (command) => aggregates.jobs.handle(jobId, command, cause()),
  }
}

/** Who asked, as part of what: so that all that follows is told to them, and is one trace. */
async function originOf(store: EventStore, tenant: string, jobId: string): Promise<Cause> {
  for await (const event of store.readStream(streamName('pdf.job', tenant, jobId), { limit: 1 })) {
    const { actor, correlationId, sessionId, traceparent } = event.metadata
    return {
      tenant,
      actor: { ...actor, service: 'pdf' },
      correlationId,
      causationId: event.id,
      commandId: event.id,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(traceparent === undefined ? {} : { traceparent }),
    }
  }
  throw new Error(`${jobId} has no events`)
}
