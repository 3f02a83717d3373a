import * as contract from '@atrium/contracts/instances/project-http.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { createCursors, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { visibleProject } from '../project.ts'
import { draftOf } from '../project/document.ts'
import { readHistory } from '../project/history.ts'
import { reviseProject, type RevisingDeps } from '../project/revising.ts'
import { projectView } from '../project/view.ts'
import { whichOf } from './project-changes.ts'
import { answer, readActive } from './projects.ts'

export interface Deps extends RevisingDeps {
  readonly store: Pick<EventStore, 'readStream'>
  readonly database: Pick<Database, 'forTenant'>
}

/** The version that the next page of a history begins with. */
const cursors = createCursors(
  Type.Tuple([Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })]),
)

/** What a project was before. */
export function mountProjectVersions(app: FastifyInstance, deps: Deps) {
  const { store, database, versions } = deps

  mount(app, contract.listProjectHistory, async ({ caller, params, query }) => {
    const { limit = 50 } = query
    const before = cursors.decode(query.cursor)
    const { summary } = await readActive(database, caller, params)
    const from = Math.min(before?.[0] ?? summary.version, summary.version)
    const rows = await readHistory(store, caller.tenant, summary.id, { limit: limit + 1, from })
    const body = pageOf(
      rows,
      limit,
      (change) => change,
      (last) => cursors.encode([last.version - 1]),
    )
    return { status: 200, body }
  })

  mount(app, contract.getProjectVersion, async ({ caller, params }) => {
    const { summary } = await readActive(database, caller, params)
    const found =
      params.version <= summary.version
        ? await versions.at(caller.tenant, summary.id, params.version)
        : undefined
    if (!found) throw new Rejection('not-found')
    return { status: 200, body: projectView(found), version: params.version }
  })

  mount(app, contract.restoreProjectVersion, async (exchange) => {
    const { caller, params, cause } = exchange
    const which = whichOf(exchange)
    const { state } = await deps.projects.load(caller.tenant, params.projectId)
    // Only after it is known whose project it is.
    const isVersion = params.version <= visibleProject(which, state).version
    const found = isVersion
      ? await versions.at(caller.tenant, params.projectId, params.version)
      : undefined
    if (!found) throw new Rejection('not-found')
    const restored = draftOf(found)
    const revision = { ...which, change: () => restored, restoredVersion: params.version }
    return answer(await reviseProject(deps, revision, cause))
  })
}
