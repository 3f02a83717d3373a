import { holdingsRoute } from '@atrium/contracts/instances/holdings.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { mount } from '@atrium/platform/http/route.ts'
import type { FastifyInstance } from 'fastify'
import { countAssets } from '../projections/library/query.ts'

/** What this context holds for an instance, for whoever adds it up before a deletion. */
export function mountHoldings(app: FastifyInstance, { database }: { readonly database: Database }) {
  mount(app, holdingsRoute('assets'), async ({ caller, params }) => {
    const of = { ownerId: caller.userId, instanceId: params.instanceId }
    const assets = await database.forTenant(caller.tenant, (client) => countAssets(client, of), {
      readOnly: true,
    })
    return { status: 200, body: { assets } }
  })
}
