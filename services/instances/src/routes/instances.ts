import * as contract from '@atrium/contracts/instances/http.ts'
import { InstanceId } from '@atrium/contracts/schema.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { createCursors, CursorTime, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { HoldingsOfOthers } from '../holdings.ts'
import type { Owners } from '../owner.ts'
import { instanceOf } from '../instance-view.ts'
import { findInstance, listInstances } from '../projections/instance-list/query.ts'
import { countProjects } from '../projections/project-list/query.ts'

export interface Deps {
  readonly owners: Owners
  readonly holdings: HoldingsOfOthers
  readonly database: Database
  readonly instancesMax: number
  readonly projectsMax: number
  readonly retentionMs: number
}

const cursors = createCursors(Type.Tuple([CursorTime, InstanceId]))

export function mountInstances(app: FastifyInstance, deps: Deps) {
  mountReads(app, deps)
  mountWrites(app, deps)
  mountDeletion(app, deps)
}

function mountReads(app: FastifyInstance, { database }: Deps) {
  mount(app, contract.listInstances, async ({ caller, query }) => {
    const { limit = 50, status = 'active' } = query
    const after = cursors.decode(query.cursor)
    const rows = await database.forTenant(
      caller.tenant,
      (client) =>
        listInstances(client, {
          ownerId: caller.userId,
          status,
          limit: limit + 1,
          ...(after ? { after: { lastAccessedAt: after[0], id: after[1] } } : {}),
        }),
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      (instance) => instance,
      (last) => cursors.encode([last.lastAccessedAt, last.id]),
    )
    return { status: 200, body }
  })

  mount(app, contract.getInstance, async ({ caller, params }) => {
    const instance = await readActive(database, caller, params.instanceId)
    return { status: 200, body: instance, version: instance.version }
  })
}

async function readActive(database: Database, caller: Caller, instanceId: string) {
  const instance = await database.forTenant(
    caller.tenant,
    (client) => findInstance(client, { ownerId: caller.userId, instanceId }),
    { readOnly: true },
  )
  if (!instance) throw new Rejection('not-found')
  return instance
}

function mountWrites(app: FastifyInstance, { owners, instancesMax }: Deps) {
  mount(app, contract.createInstance, async ({ caller, body, newId, at, cause }) => {
    const instanceId = newId('ins')
    const written = await owners.handle(
      caller.userId,
      { ...body, type: 'CreateInstance', ownerId: caller.userId, instanceId, at, instancesMax },
      cause,
    )
    const instance = instanceOf(written.state, caller.userId, instanceId)
    return { status: 201, body: instance, version: instance.version, written }
  })

  mount(app, contract.updateInstance, async (exchange) => {
    const { caller, params, body, at, cause, expectedVersion } = exchange
    const { instanceId } = params
    const written = await owners.handle(
      caller.userId,
      {
        ...body, // first, so that no member of it can pass for one of ours
        type: 'ReviseInstance',
        ownerId: caller.userId,
        instanceId,
        at,
        expectedVersion,
      },
      cause,
    )
    const instance = instanceOf(written.state, caller.userId, instanceId)
    return { status: 200, body: instance, version: instance.version, written }
  })

  mount(app, contract.recordInstanceAccess, async ({ caller, params, at, cause }) => {
    const written = await owners.handle(
      caller.userId,
      { type: 'RecordAccess', ownerId: caller.userId, instanceId: params.instanceId, at },
      cause,
    )
    return { status: 204, written }
  })
}

function mountDeletion(app: FastifyInstance, deps: Deps) {
  const { owners, database, instancesMax, projectsMax, retentionMs } = deps
  const purgeAtFrom = (at: string) => new Date(Date.parse(at) + retentionMs).toISOString()

  mount(app, contract.previewInstanceDeletion, async (exchange) => {
    const { caller, params, at, cause, consistencyToken, signal } = exchange
    const { tenant, userId } = caller
    const { id } = await readActive(database, caller, params.instanceId)
    const { correlationId, traceparent } = cause
    const asked = { tenant, userId, correlationId, traceparent, consistencyToken, signal }
    const projects = await database.forTenant(tenant, (client) => countProjects(client, id), {
      readOnly: true,
    })
    const held = await deps.holdings.of(id, asked)
    const body = { instanceId: id, purgeAt: purgeAtFrom(at), projects, ...held }
    return { status: 200, body }
  })

  mount(app, contract.deleteInstance, async (exchange) => {
    const { caller, params, query, at, cause, expectedVersion } = exchange
    const written = await owners.handle(
      caller.userId,
      {
        type: 'DeleteInstance',
        ownerId: caller.userId,
        instanceId: params.instanceId,
        at,
        purgeAt: purgeAtFrom(at),
        purge: query.purge ?? false,
        expectedVersion,
      },
      cause,
    )
    return { status: 204, written }
  })

  mount(app, contract.restoreInstance, async (exchange) => {
    const { caller, params, at, cause, expectedVersion } = exchange
    const { instanceId } = params
    const written = await owners.handle(
      caller.userId,
      {
        type: 'RestoreInstance',
        ownerId: caller.userId,
        instanceId,
        at,
        instancesMax,
        projectsMax,
        expectedVersion,
      },
      cause,
    )
    const instance = instanceOf(written.state, caller.userId, instanceId)
    return { status: 200, body: instance, version: instance.version, written }
  })
}
