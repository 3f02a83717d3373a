import * as contract from '@atrium/contracts/instances/project-http.ts'
import { jsonPatchMediaType } from '@atrium/contracts/instances/project.ts'
import { pointOf } from '@atrium/platform/decider/point.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { invalid } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { applyMergePatch } from '../json/merge-patch.ts'
import { applyPatch, PatchFailed, type PatchOperation } from '../json/patch.ts'
import type { Json, JsonObject } from '../json/value.ts'
import { activeInstance } from '../owner/state.ts'
import { visibleProject } from '../project.ts'
import { refusingStale, type Which } from '../project/conflicts.ts'
import { deleteProject, restoreProject, type DeletingDeps } from '../project/deleting.ts'
import { draftFrom, draftOf, type Draft } from '../project/document.ts'
import { mergeProject } from '../project/merging.ts'
import { reviseProject, type RevisingDeps } from '../project/revising.ts'
import type { ProjectVersion } from '../project/versions.ts'
import { answer } from './projects.ts'

export interface Deps extends RevisingDeps, DeletingDeps {
  readonly retentionMs: number
}

/** What is done to a project that is there. */
export function mountProjectChanges(app: FastifyInstance, deps: Deps) {
  mountRevisions(app, deps)
  mountArchive(app, deps)
  mountDeletion(app, deps)
}

type OfProject = Pick<
  Exchange<typeof contract.getProject>,
  'caller' | 'params' | 'at' | 'expectedVersion'
>

/** Which project a request is about: the caller's own, whatever it says. */
export const whichOf = ({ caller, params, at, expectedVersion }: OfProject): Which => ({
  ownerId: caller.userId,
  instanceId: params.instanceId,
  projectId: params.projectId,
  by: caller.userId,
  at,
  expectedVersion,
})

function mountRevisions(app: FastifyInstance, deps: Deps) {
  mount(app, contract.replaceProject, async (exchange) => {
    const { body, cause } = exchange
    const change = (version: ProjectVersion): Draft => {
      const { name, description, content } = draftOf(version)
      return {
        name: body.name ?? name,
        description: body.description === undefined ? description : body.description,
        content: (body.content as JsonObject | undefined) ?? content,
      }
    }
    return answer(await reviseProject(deps, { ...whichOf(exchange), change }, cause))
  })

  mount(app, contract.patchProject, async (exchange) => {
    const { body, mediaType, cause } = exchange
    const patch = body as Json
    const isJsonPatch = mediaType === jsonPatchMediaType
    const change = (version: ProjectVersion): Draft => {
      const draft = { ...draftOf(version) }
      return draftFrom(
        isJsonPatch
          ? patched(draft, patch as readonly PatchOperation[])
          : applyMergePatch(draft, patch),
      )
    }
    return answer(await reviseProject(deps, { ...whichOf(exchange), change }, cause))
  })

  mount(app, contract.mergeProject, async (exchange) => {
    const { body, cause } = exchange
    const content = body.content as JsonObject
    const merging = { baseVersion: body.baseVersion, content }
    return answer(await mergeProject(deps, whichOf(exchange), merging, cause))
  })
}

/** An operation that cannot be carried out is a fault of the body, at its own pointer. */
function patched(draft: Json, patch: readonly PatchOperation[]): Json {
  try {
    return applyPatch(draft, patch)
  } catch (error) {
    if (!(error instanceof PatchFailed)) throw error
    const { index, member, code, message } = error
    throw invalid({ pointer: `/${index}/${member}`, code, detail: message })
  }
}

function mountArchive(app: FastifyInstance, deps: Deps) {
  const become = async (
    exchange: OfProject & Pick<Exchange, 'cause'>,
    type: 'ArchiveProject' | 'UnarchiveProject',
  ) => {
    const { owners, projects, versions } = deps
    const { cause } = exchange
    const which = whichOf(exchange)
    activeInstance(which, (await owners.load(cause.tenant, which.ownerId)).state)
    const command = { ...which, type } as const
    const wanted = (version: ProjectVersion) => ({
      draft: draftOf(version),
      archived: type === 'ArchiveProject',
    })
    const work = () => projects.handle(which.projectId, command, cause)
    const handled = await refusingStale(deps, which, cause, work, wanted)
    const project = visibleProject(which, handled.state)
    const content = await versions.contentOf(cause.tenant, project)
    return answer({ project, content, written: pointOf(handled) })
  }
  mount(app, contract.archiveProject, (exchange) => become(exchange, 'ArchiveProject'))
  mount(app, contract.unarchiveProject, (exchange) => become(exchange, 'UnarchiveProject'))
}

function mountDeletion(app: FastifyInstance, deps: Deps) {
  mount(app, contract.deleteProject, async (exchange) => {
    const { query, at, cause } = exchange
    const purgeAt = new Date(Date.parse(at) + deps.retentionMs).toISOString()
    const deletion = { purge: query.purge ?? false, purgeAt }
    return {
      status: 204,
      written: await deleteProject(deps, whichOf(exchange), deletion, cause),
    }
  })

  mount(app, contract.restoreProject, async (exchange) =>
    answer(await restoreProject(deps, whichOf(exchange), exchange.cause)),
  )
}
