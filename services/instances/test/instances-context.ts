import { createContent } from '@atrium/platform/content/content.ts'
import { createDatabase } from '@atrium/platform/database/database.ts'
import { createAggregate } from '@atrium/platform/decider/aggregate.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { owner } from '../src/owner.ts'
import { projectConflict } from '../src/project-conflict.ts'
import { project } from '../src/project.ts'
import { createSnapshots } from '../src/project/snapshots.ts'
import { createProjectVersions } from '../src/project/versions.ts'
import { closedTenantList } from '../src/projections/closed-tenant-list/projection.ts'
import { instanceList } from '../src/projections/instance-list/projection.ts'
import { projectList } from '../src/projections/project-list/projection.ts'
import { projectPlace } from '../src/projections/project-place/projection.ts'
import { tenant } from '../src/tenant.ts'

const context = 'instances'

const migrations = [
  {
    name: 'instances/project-snapshot',
    file: new URL('../src/project/snapshots.sql', import.meta.url),
  },
]

/** The context without HTTP and NATS: its log, its read model, its commands. */
export async function createInstancesContext() {
  const urls = await createTestDatabase()
  const database = await createDatabase({ ...urls, context, migrations })
  const store = await openEventStore({ context, databaseUrl: urls.ownerUrl })
  const logger = createLogger({ name: 'test', level: 'silent' })
  const metrics = createMetrics({ name: 'test' })
  const definitions = [instanceList, closedTenantList, projectList, projectPlace]
  const projections = createProjections({
    context,
    store,
    database,
    definitions,
    logger,
    metrics,
  })
  await projections.start()

  /** One more process: what it knows, it has read itself. */
  const replica = (over: { store?: EventStore; projectsMax?: number } = {}) => {
    const own = over.store ?? store
    const content = createContent({ database })
    const snapshots = createSnapshots(database)
    return {
      owners: createAggregate({ store: own, context, name: 'owner', decider: owner }),
      projects: createAggregate({ store: own, context, name: 'project', decider: project }),
      conflicts: createAggregate({
        store: own,
        context,
        name: 'project_conflict',
        decider: projectConflict,
      }),
      content,
      versions: createProjectVersions({
        store: own,
        content,
        snapshots,
        cacheBytesMax: 1_000_000,
        logger,
      }),
      owner: database.owner,
      projections,
      projectsMax: over.projectsMax ?? 100,
    }
  }

  return {
    ...replica(),
    routesUrl: urls.routesUrl,
    database,
    store,
    logger,
    replica,
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
export type Replica = ReturnType<InstancesContext['replica']>
