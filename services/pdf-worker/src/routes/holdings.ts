import { internalPaths } from '@atrium/contracts/routes.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { countJobs } from '../projections/job-list/query.ts'

/** What this context holds for an instance, for services that act for its owner. */
export function mountHoldings(app: FastifyInstance, database: Database) {
  app.get<{ Params: { instanceId: string } }>(
    internalPaths.holdings,
    { config: { permission: 'user', operation: true } },
    async ({ params, identified }: FastifyRequest<{ Params: { instanceId: string } }>) => {
      const caller = identified?.caller
      if (!caller?.service) throw new Rejection('not-found')
      const { tenant, userId: ownerId } = caller
      const of = { ownerId, instanceId: params.instanceId }
      const jobs = await database.forTenant(tenant, (client) => countJobs(client, of), {
        readOnly: true,
      })
      return { jobs }
    },
  )
}
