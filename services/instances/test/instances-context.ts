import { createDatabase } from '@atrium/platform/database/database.ts'
import { createAggregate } from '@atrium/platform/decider/aggregate.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { owner } from '../src/owner.ts'
import { closedTenantList } from '../src/projections/closed-tenant-list/projection.ts'
import { instanceList } from '../src/projections/instance-list/projection.ts'
import { tenant } from '../src/tenant.ts'

const context = 'instances'

/** The context without HTTP and NATS: its log, its read model, its commands. */
export async function createInstancesContext() {
  const urls = await createTestDatabase()
  const database = await createDatabase({ ...urls, context })
  const store = await openEventStore({ context, databaseUrl: urls.ownerUrl })
  const logger = createLogger({ name: 'test', level: 'silent' })
  const metrics = createMetrics({ name: 'test' })
  const definitions = [instanceList, closedTenantList]
  const projections = createProjections({
    context,
    store,
    database,
    definitions,
    logger,
    metrics,
  })
  await projections.start()
  return {
    routesUrl: urls.routesUrl,
    database,
    store,
    logger,
    projections,
    owners: createAggregate({ store, context, name: 'owner', decider: owner }),
    tenants: createAggregate({ store, context, name: 'tenant', decider: tenant }),
    async close() {
      await projections.close()
      await store.close()
      await database.close()
      await urls.drop()
    },
  }
}

export type InstancesContext = Awaited<ReturnType<typeof createInstancesContext>>
