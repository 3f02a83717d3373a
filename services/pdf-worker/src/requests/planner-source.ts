import type { FieldError } from '@atrium/contracts/problem.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import type { Planner } from '@atrium/contracts/planner/planner.ts'
import { checkPlanner } from '@atrium/contracts/planner/validate.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import type { ReadProject } from '../peers.ts'

/** Where a request has its planner from. */
interface GivenPlanner {
  readonly projectId?: string
  readonly project?: object
}

/** A planner without faults, and the project that it was read from, if it was. */
export interface SourcedPlanner {
  readonly planner: Planner
  /** As it was sent. */
  readonly content: unknown
  readonly title: string
  readonly project: { readonly id: string; readonly instanceId: string } | undefined
}

const titleLengthMax = 200
/** Faults told of one planner. */
const faultsMax = 50

type Asking = Pick<Exchange, 'caller' | 'cause' | 'headers' | 'signal'>

/**
 * The planner that the request names or brings. Throws Rejection `not-found` for a project that is
 * not there for this caller, and `validation-failed` with every fault and its place.
 */
export async function readPlanner(
  readProject: ReadProject,
  given: GivenPlanner,
  exchange: Asking,
): Promise<SourcedPlanner> {
  const { projectId, project } = given
  if ((projectId === undefined) === (project === undefined)) {
    throw invalid({
      pointer: project === undefined ? '/projectId' : '/project',
      code: project === undefined ? 'required' : 'not-allowed',
      detail: 'give either projectId or project',
    })
  }
  if (projectId === undefined) return plannerFrom(project, '/project', undefined)
  const stored = await readProject(projectId, askingFor(exchange))
  if (!stored) throw new Rejection('not-found')
  if (stored.kind !== 'planner') {
    throw invalid({ pointer: '/projectId', code: 'not-a-planner', detail: 'is no planner' })
  }
  return plannerFrom(stored.content, '/content', stored)
}

function plannerFrom(
  content: unknown,
  place: string,
  project: { readonly id: string; readonly instanceId: string; readonly name: string } | undefined,
): SourcedPlanner {
  const faults = checkPlanner(content)
  if (faults.length > 0) throw invalid(...faults.slice(0, faultsMax).map(placedAt(place)))
  const planner = normalisePlanner(content)
  const title = planner.metadata.name || project?.name || 'Planner'
  return {
    planner,
    content,
    title: title.slice(0, titleLengthMax).toWellFormed(),
    project: project && { id: project.id, instanceId: project.instanceId },
  }
}

const placedAt =
  (place: string) =>
  ({ pointer, code, detail }: FieldError): FieldError => ({
    pointer: `${place}${pointer}`,
    code,
    detail,
  })

/** The reading of another context, as part of this request and as fresh as it demands. */
export function askingFor({ caller, cause, headers, signal }: Asking) {
  if (!caller) throw new Rejection('not-signed-in')
  const seen = headers['consistency-token']
  return {
    tenant: caller.tenant,
    userId: caller.userId,
    correlationId: cause.correlationId,
    traceparent: cause.traceparent,
    consistencyToken: typeof seen === 'string' ? seen : undefined,
    signal,
  }
}
