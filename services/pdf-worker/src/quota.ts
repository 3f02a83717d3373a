import type { QuotaEvent } from '@atrium/contracts/pdf/events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * The jobs of one owner on one day, in UTC. Places are taken before the jobs come to be: one stream
 * decides, so the quota is exact under any number of requests.
 */

export interface QuotaState {
  /** When each place was taken, by job. */
  readonly reservedAt: ReadonlyMap<string, string>
}

export type QuotaCommand = ReserveJobs | ReleaseJobs

interface Command {
  readonly ownerId: string
  readonly day: string
  readonly jobIds: readonly string[]
  readonly at: string
}

/** All of them or none. */
export interface ReserveJobs extends Command {
  readonly type: 'ReserveJobs'
  readonly jobsMax: number
}

/** For jobs that never came to be: their request ended between its two steps. */
export interface ReleaseJobs extends Command {
  readonly type: 'ReleaseJobs'
}

export const quota: Decider<QuotaState, QuotaCommand, QuotaEvent> = {
  initialState: { reservedAt: new Map() },
  decide,
  evolve,
}

/** The day of a time, as the quota's stream is named by it. */
export const dayOf = (at: string) => at.slice(0, 10)

function decide(command: QuotaCommand, state: QuotaState): readonly QuotaEvent[] {
  switch (command.type) {
    case 'ReserveJobs':
      return reserve(command, state)
    case 'ReleaseJobs':
      return release(command, state)
  }
}

function reserve(command: ReserveJobs, { reservedAt }: QuotaState): QuotaEvent[] {
  const { ownerId, day, jobsMax, at } = command
  const jobIds = command.jobIds.filter((jobId) => !reservedAt.has(jobId))
  if (jobIds.length === 0) return []
  const used = reservedAt.size
  if (used + jobIds.length > jobsMax) {
    throw new Rejection('quota-exceeded', { quota: 'pdf-jobs-per-day', limit: jobsMax, used })
  }
  return [{ type: 'JobsReserved', data: { ownerId, day, jobIds, reservedAt: at } }]
}

function release(command: ReleaseJobs, { reservedAt }: QuotaState): QuotaEvent[] {
  const { ownerId, day, at } = command
  const jobIds = command.jobIds.filter((jobId) => reservedAt.has(jobId))
  if (jobIds.length === 0) return []
  return [{ type: 'JobsReleased', data: { ownerId, day, jobIds, releasedAt: at } }]
}

function evolve(state: QuotaState, event: QuotaEvent): QuotaState {
  const reservedAt = new Map(state.reservedAt)
  switch (event.type) {
    case 'JobsReserved':
      for (const jobId of event.data.jobIds) reservedAt.set(jobId, event.data.reservedAt)
      return { reservedAt }
    case 'JobsReleased':
      for (const jobId of event.data.jobIds) reservedAt.delete(jobId)
      return { reservedAt }
  }
}
