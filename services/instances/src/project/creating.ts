import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Content } from '@atrium/platform/content/content.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { JsonObject } from '../json/value.ts'
import { nameFrom } from '../name.ts'
import { checkContent } from './content.ts'
import { takePlace, type PlacesDeps } from './places.ts'
import type { ProjectKind } from './state.ts'
import type { ProjectVersion, ProjectVersions } from './versions.ts'

export interface CreatingDeps extends PlacesDeps {
  readonly content: Content
  readonly versions: ProjectVersions
}

export interface NewProject {
  readonly ownerId: string
  readonly instanceId: string
  readonly kind: ProjectKind
  readonly name: string
  readonly description: string | null
  readonly content: JsonObject
  readonly copiedFrom?: { readonly projectId: string; readonly version: number }
  readonly by: string
  readonly at: string
  /** An id for each try: one that was abandoned is never used again. */
  readonly newId: (word: string) => string
}

/** A project after a command, and how far it has written. */
export interface Written extends ProjectVersion {
  readonly written: ConsistencyPoint
}

/** Ids tried before giving up. */
const attemptsMax = 3

/**
 * Takes a place in the quota, then writes the project. What dies between the two leaves a place,
 * which is released after a while. Throws Rejection `quota-exceeded`, `not-found` for an instance
 * that is not active, `validation-failed`.
 */
export async function createProject(
  deps: CreatingDeps,
  request: NewProject,
  cause: Cause,
): Promise<Written> {
  const { projects, content, versions } = deps
  const { ownerId, instanceId, kind, description, copiedFrom, by, at } = request
  const name = nameFrom(request.name)
  const checked = checkContent(kind, request.content)
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const projectId = request.newId(`attempt ${attempt}`)
    const wanted = { ownerId, instanceId, projectId, for: 'creation', at } as const
    const taken = await takePlace(deps, wanted, partOf(cause, `place-${attempt}`))
    await content.put(cause.tenant, checked.bytes)
    const handled = await projects.handle(
      projectId,
      {
        type: 'CreateProject',
        ownerId,
        instanceId,
        projectId,
        kind,
        name,
        description,
        contentSha256: checked.sha256,
        contentSizeBytes: checked.bytes.length,
        assetIds: checked.assetIds,
        ...(copiedFrom ? { copiedFrom } : {}),
        by,
        at,
      },
      partOf(cause, `create-${attempt}`),
    )
    const { state } = handled
    const written = laterOf(pointOf(taken), pointOf(handled))
    if (state.status === 'active') {
      const isNew = state.contentSha256 === checked.sha256
      if (isNew) await versions.note(cause.tenant, { project: state, content: checked.content })
      return { project: state, content: await versions.contentOf(cause.tenant, state), written }
    }
    // A repeated request, of which nothing is left to show.
    if (state.status !== 'abandoned') throw new Rejection('not-found')
  }
  throw new StoreUnavailable(`no project came of ${attemptsMax} tries`, false)
}
