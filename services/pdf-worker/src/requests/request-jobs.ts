import { createHash } from 'node:crypto'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { devicesMax, type Job } from '@atrium/contracts/pdf/job-http.ts'
import type { ExportMode } from '@atrium/contracts/pdf/schema.ts'
import type { DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import type { Content } from '@atrium/platform/content/content.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import { countPages } from '../compiler/count-pages.ts'
import type { FindDevice } from '../devices.ts'
import { isShown, type JobRequest } from '../job.ts'
import { jobViewOf } from '../job-view.ts'
import type { ReadProject } from '../peers.ts'
import { inputOf, inputSha256Of, type PdfInput } from '../rendering/pdf-input.ts'
import { findStoredPdf, holdStoredPdf, type StoredPdfDeps } from '../rendering/stored-pdf.ts'
import { readPlanner, type SourcedPlanner } from './planner-source.ts'
import { reserveJobs } from './reserve-jobs.ts'

export interface RequestJobsDeps extends StoredPdfDeps {
  readonly content: Content
  readonly readProject: ReadProject
  readonly findDevice: FindDevice
  readonly pagesMax: number
  readonly jobsPerDayMax: number
  readonly retentionMs: number
  readonly rendererVersion: string
}

/** What a request asks for. */
export interface AskedPdfs {
  readonly projectId?: string
  readonly project?: object
  readonly device?: string
  readonly devices?: readonly string[]
  readonly strict?: boolean
  readonly deterministic?: boolean
  readonly export?: ExportMode
}

export interface RequestedJobs {
  readonly jobs: readonly Job[]
  /** Undefined where one device was named alone. */
  readonly batchId: string | undefined
  readonly written: ConsistencyPoint
}

type Asking = Pick<Exchange, 'caller' | 'cause' | 'headers' | 'signal' | 'at' | 'newId'>

/**
 * Takes a request for PDFs: reads and checks the planner as it is now, lays it down by its hash,
 * takes places in the quota, and writes the jobs. What is stored already is completed at once.
 *
 * Throws Rejection `not-found`, `validation-failed`, `too-many-pages`, `quota-exceeded`.
 */
export async function requestJobs(
  deps: RequestJobsDeps,
  asked: AskedPdfs,
  exchange: Asking,
): Promise<RequestedJobs> {
  const { caller, cause, at, newId } = exchange
  if (!caller) throw new Rejection('not-signed-in')
  const { tenant, userId: ownerId } = caller
  const profiles = await profilesOf(deps, tenant, asked)
  const sourced = await readPlanner(deps.readProject, asked, exchange)
  const pages = pagesOf(sourced, deps.pagesMax)
  const contents = [sourced.planner, ...profiles].map(contentOf)
  const [project, ...devices] = contents
  const batchId = asked.devices === undefined ? undefined : newId('bat')
  const wanted = profiles.map((profile, index): Wanted => ({
    input: inputOf(sourced.planner, profile),
    request: {
      jobId: newId('job', profile.id),
      ownerId,
      ...(batchId === undefined ? {} : { batchId }),
      ...(sourced.project
        ? { projectId: sourced.project.id, instanceId: sourced.project.instanceId }
        : {}),
      title: sourced.title,
      device: profile.id,
      projectSha256: project?.sha256 ?? '',
      profileSha256: devices[index]?.sha256 ?? '',
      pages,
      strict: asked.strict ?? false,
      deterministic: asked.deterministic ?? false,
      export: asked.export ?? 'interactive',
      requestedAt: at,
    },
  }))
  const jobIds = wanted.map(({ request }) => request.jobId)
  const { jobsPerDayMax: jobsMax } = deps
  const find = ({ input, request }: Wanted) =>
    findStoredPdf(deps, tenant, inputSha256Of(request, input, deps.rendererVersion, at))
  // None of these hangs on another; the jobs hang on all of them.
  const [found] = await Promise.all([
    Promise.all(wanted.map(find)),
    reserveJobs(deps.aggregates, { ownerId, jobIds, jobsMax, at }, cause),
    ...contents.map(({ bytes }) => deps.content.put(tenant, bytes)),
  ])
  const written = await Promise.all(
    wanted.map(({ request }, index) => writeJob(deps, request, found[index], exchange)),
  )
  const last = lastOf(written.map(({ handled }) => handled))
  return { jobs: written.map(({ job }) => job), batchId, written: last }
}

interface Wanted {
  readonly request: JobRequest
  readonly input: PdfInput
}

async function writeJob(
  deps: RequestJobsDeps,
  request: JobRequest,
  resultId: string | undefined,
  exchange: Asking,
) {
  const { aggregates, retentionMs } = deps
  const { cause, at } = exchange
  const { jobId } = request
  const holding = { resultId, jobId, at, cause: partOf(cause, `hold ${jobId}`) }
  const stored = await holdStoredPdf(deps, holding)
  const expiresAt = new Date(Date.parse(at) + retentionMs).toISOString()
  const handled = await aggregates.jobs.handle(
    jobId,
    { type: 'RequestJob', request, at, ...(stored ? { stored: { ...stored, expiresAt } } : {}) },
    partOf(cause, `request ${jobId}`),
  )
  const { state, version } = handled
  if (!isShown(state)) throw new Rejection('not-found') // removed while a repeat was under way
  return { job: jobViewOf(state, version), handled }
}

/** Each device that is asked for, as it is now. */
async function profilesOf(
  { findDevice }: RequestJobsDeps,
  tenant: string,
  { device, devices }: AskedPdfs,
): Promise<DeviceProfile[]> {
  if ((device === undefined) === (devices === undefined)) {
    throw invalid({
      pointer: devices === undefined ? '/device' : '/devices',
      code: devices === undefined ? 'required' : 'not-allowed',
      detail: 'give either device or devices',
    })
  }
  const named = device === undefined ? (devices ?? []) : [device]
  if (named.length > devicesMax) throw new RangeError(`${named.length} devices in one request`)
  const found = await Promise.all(named.map((id) => findDevice(tenant, id)))
  const unknown = found.flatMap((profile, index) =>
    profile
      ? []
      : [
          {
            pointer: device === undefined ? `/devices/${index}` : '/device',
            code: 'unknown-device',
            detail: 'is no device that is known here',
          },
        ],
  )
  if (unknown.length > 0) throw invalid(...unknown)
  return found.filter((profile) => profile !== undefined)
}

/** The exact count, before anything is rendered. */
function pagesOf({ planner, project }: SourcedPlanner, limit: number): number {
  const pages = countPages(planner)
  if (pages > limit) throw new Rejection('too-many-pages', { pages, limit })
  if (pages > 0) return pages
  const place = project ? '/content' : '/project'
  throw invalid({ pointer: `${place}/plan`, code: 'no-pages', detail: 'makes no page' })
}

/** What is laid down, and the name that it will have. */
function contentOf(value: object) {
  const bytes = Buffer.from(JSON.stringify(value))
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** How far all of them have written. */
function lastOf(points: readonly ConsistencyPoint[]): ConsistencyPoint {
  const position = Math.max(...points.map((point) => point.position ?? 0))
  const publicPosition = Math.max(...points.map((point) => point.publicPosition ?? 0))
  return {
    ...(position > 0 ? { position } : {}),
    ...(publicPosition > 0 ? { publicPosition } : {}),
  }
}
