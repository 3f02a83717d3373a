import * as contract from '@atrium/contracts/instances/project-http.ts'
import { ProjectId } from '@atrium/contracts/schema.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { createCursors, CursorTime, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { JsonObject } from '../json/value.ts'
import { createProject, type CreatingDeps, type Written } from '../project/creating.ts'
import { projectView } from '../project/view.ts'
import { findInstance } from '../projections/instance-list/query.ts'
import { findProject, listProjects } from '../projections/project-list/query.ts'

export interface Deps extends CreatingDeps {
  readonly database: Database
}

const cursors = createCursors(Type.Tuple([CursorTime, ProjectId]))

/** What is there, and what is made new. */
export function mountProjects(app: FastifyInstance, deps: Deps) {
  mountReads(app, deps)
  mountCreation(app, deps)
}

function mountReads(app: FastifyInstance, { database, versions }: Deps) {
  mount(app, contract.listProjects, async ({ caller, params, query }) => {
    const { limit = 50, status = 'active', kind, archived, text } = query
    const { instanceId } = params
    const ownerId = caller.userId
    const after = cursors.decode(query.cursor)
    const rows = await database.forTenant(
      caller.tenant,
      async (client) => {
        // A foreign instance does not exist: it has not even no projects.
        if (!(await findInstance(client, { ownerId, instanceId }))) throw new Rejection('not-found')
        return listProjects(client, {
          ownerId,
          instanceId,
          status,
          kind,
          archived,
          text,
          limit: limit + 1,
          ...(after ? { after: { updatedAt: after[0], id: after[1] } } : {}),
        })
      },
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      (project) => project,
      (last) => cursors.encode([last.updatedAt, last.id]),
    )
    return { status: 200, body }
  })

  mount(app, contract.getProject, async ({ caller, params }) => {
    const { summary, contentSha256 } = await readActive(database, caller, params)
    const { id, version } = summary
    const content = await versions.contentOf(caller.tenant, { id, version, contentSha256 })
    return { status: 200, body: { ...summary, content }, version }
  })
}

/** As the read model shows it: active, in an active instance (this one), and the caller's. */
export async function readActive(
  database: Pick<Database, 'forTenant'>,
  { tenant, userId }: Caller,
  { instanceId, projectId }: { instanceId?: string; projectId: string },
) {
  const query = { ownerId: userId, instanceId, projectId }
  const found = await database.forTenant(tenant, (client) => findProject(client, query), {
    readOnly: true,
  })
  if (!found) throw new Rejection('not-found')
  return found
}

function mountCreation(app: FastifyInstance, deps: Deps) {
  mount(app, contract.createProject, async ({ caller, params, body, newId, at, cause }) => {
    const { userId } = caller
    const created = await createProject(
      deps,
      {
        ownerId: userId,
        instanceId: params.instanceId,
        kind: body.kind,
        name: body.name,
        description: body.description ?? null,
        content: (body.content ?? {}) as JsonObject,
        by: userId,
        at,
        newId: (word) => newId('prj', word),
      },
      cause,
    )
    return { ...answer(created), status: 201 }
  })

  mount(app, contract.duplicateProject, async ({ caller, params, newId, at, cause }) => {
    const { userId, tenant } = caller
    const { summary, contentSha256 } = await readActive(deps.database, caller, params)
    const { id, version, kind, name, description } = summary
    const content = await deps.versions.contentOf(tenant, { id, version, contentSha256 })
    const created = await createProject(
      deps,
      {
        ownerId: userId,
        instanceId: params.instanceId,
        kind,
        name: copyOf(name),
        description,
        content,
        copiedFrom: { projectId: id, version },
        by: userId,
        at,
        newId: (word) => newId('prj', word),
      },
      cause,
    )
    return { ...answer(created), status: 201 }
  })
}

const nameCharactersMax = 100
const suffix = ' (copy)'

/** The name with a mark, cut where it would be too long; of two copies both have the same. */
function copyOf(name: string): string {
  const kept = Array.from(name).slice(0, nameCharactersMax - suffix.length)
  return `${kept.join('').trimEnd()}${suffix}`
}

/** A command's answer: the project as it is now, its tag, and how far was written. */
export const answer = (version: Written) => ({
  status: 200,
  body: projectView(version),
  version: version.project.version,
  written: version.written,
})
