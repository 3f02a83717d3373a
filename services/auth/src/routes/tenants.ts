import * as contract from '@atrium/contracts/auth/http.ts'
import { TenantId } from '@atrium/contracts/schema.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { pointOf } from '@atrium/platform/decider/point.ts'
import { createCursors, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Compile } from 'typebox/compile'
import { listTenants } from '../projections/tenant-list/query.ts'
import { defaultTenant } from '../tenant.ts'
import { requireTenant, type TenantDeps } from '../tenants.ts'

export type Deps = TenantDeps & { readonly database: Pick<Database, 'forTenant'> }

const pageLimit = 50
const isTenantId = Compile(TenantId)

/** The directory of tenants, for platform administrators. */
export function mountTenants(app: FastifyInstance, { tenants, database }: Deps) {
  const cursors = createCursors(TenantId)

  mount(app, contract.createTenant, async ({ body, at, cause }) => {
    const { id, name } = body
    const command = { type: 'CreateTenant', tenantId: id, name, at } as const
    // The first fact of the new tenant, by someone of the platform's.
    const handled = await tenants.handle(id, command, { ...cause, tenant: id })
    const { state } = handled
    if (state.status !== 'existing') throw new Rejection('not-found') // removed since
    const { createdAt } = state
    return { status: 201, body: { id, name: state.name, createdAt }, written: pointOf(handled) }
  })

  mount(app, contract.listTenants, async ({ query }) => {
    const { limit = pageLimit } = query
    const afterId = cursors.decode(query.cursor) ?? ''
    const rows = await database.forTenant(
      defaultTenant,
      (client) => listTenants(client, { limit: limit + 1, afterId }),
      { readOnly: true },
    )
    const body = pageOf(
      rows,
      limit,
      (row) => row,
      ({ id }) => cursors.encode(id),
    )
    return { status: 200, body }
  })

  mount(app, contract.getTenant, async ({ params: { tenantId } }) => {
    if (!isTenantId.Check(tenantId)) throw new Rejection('not-found')
    const { state } = await tenants.load(tenantId, tenantId)
    if (state.status !== 'existing') throw new Rejection('not-found')
    const { name, createdAt } = state
    return { status: 200, body: { id: tenantId, name, createdAt } }
  })

  mount(app, contract.removeTenant, async ({ params: { tenantId }, query, at, cause }) => {
    if (!isTenantId.Check(tenantId)) throw new Rejection('not-found')
    await requireTenant({ tenants }, tenantId)
    if (query.confirm !== tenantId) {
      const detail = 'must repeat the id of the tenant: what is in it cannot be brought back'
      throw invalid({ pointer: '/query/confirm', code: 'not-confirmed', detail })
    }
    const command = { type: 'RemoveTenant', tenantId, at } as const
    const handled = await tenants.handle(tenantId, command, { ...cause, tenant: tenantId })
    return { status: 204, written: pointOf(handled) }
  })
}
