import { createContent } from '@atrium/platform/content/content.ts'
import { createAggregate } from '@atrium/platform/decider/aggregate.ts'
import { createServiceClient } from '@atrium/platform/http/service-client.ts'
import { createRevocations } from '@atrium/platform/identity/revocations.ts'
import { createServiceTokens } from '@atrium/platform/identity/service-tokens.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createReactions } from '@atrium/platform/reactions/reactions.ts'
import { createRelay } from '@atrium/platform/relay/relay.ts'
import { connectService } from '@atrium/platform/service/connect.ts'
import { createServiceDoor } from '@atrium/platform/service/door.ts'
import { runService } from '@atrium/platform/service/run.ts'
import { loadConfig } from './config.ts'
import { createHoldingsOfOthers, holdingsTimeoutMs } from './holdings.ts'
import { owner } from './owner.ts'
import { closedTenantList } from './projections/closed-tenant-list/projection.ts'
import { projectConflict } from './project-conflict.ts'
import { project } from './project.ts'
import { createSnapshots } from './project/snapshots.ts'
import { createProjectVersions } from './project/versions.ts'
import { instanceList } from './projections/instance-list/projection.ts'
import { projectList } from './projections/project-list/projection.ts'
import { projectPlace } from './projections/project-place/projection.ts'
import { closeOwnerOnUserRemoved } from './reactions/close-owner-on-user-removed.ts'
import { createPersonalWorkspaceOnUserRegistered } from './reactions/create-personal-workspace-on-user-registered.ts'
import { purgeInstancesOnTenantRemoved } from './reactions/purge-instances-on-tenant-removed.ts'
import { purgeProjectsOnInstancePurged } from './reactions/purge-projects-on-instance-purged.ts'
import { mountInstances } from './routes/instances.ts'
import { mountProjectChanges } from './routes/project-changes.ts'
import { mountProjectReading } from './routes/project-reading.ts'
import { mountProjectVersions } from './routes/project-versions.ts'
import { mountProjects } from './routes/projects.ts'
import { tenant } from './tenant.ts'
import { createPurgeTimer } from './timers/purge-due-instances.ts'
import { createProjectPurgeTimer } from './timers/purge-due-projects.ts'
import { createPlacesTimer } from './timers/release-left-places.ts'

const context = 'instances'
const config = loadConfig()
/** The contexts that say what they hold for an instance. */
const holders = [config.ASSETS_URL, config.PDF_URL]

// Connect
const service = await connectService({
  context,
  config,
  migrations: [
    {
      name: 'instances/project-snapshot',
      file: new URL('project/snapshots.sql', import.meta.url),
    },
  ],
})
const { database, store, nats, logger } = service

// Wire
const owners = createAggregate({ store, context, name: 'owner', decider: owner })
const tenants = createAggregate({ store, context, name: 'tenant', decider: tenant })
const projects = createAggregate({ store, context, name: 'project', decider: project })
const conflicts = createAggregate({
  store,
  context,
  name: 'project_conflict',
  decider: projectConflict,
})
const content = createContent({ database })
const versions = createProjectVersions({
  store,
  content,
  snapshots: createSnapshots(database),
  cacheBytesMax: config.PROJECT_CACHE_BYTES,
  logger,
})
const projections = createProjections({
  ...service,
  definitions: [instanceList, closedTenantList, projectList, projectPlace],
})
const relay = createRelay(service)
const deps = {
  owners,
  tenants,
  projects,
  conflicts,
  content,
  versions,
  store,
  database,
  owner: database.owner,
  projections,
  projectsMax: config.PROJECTS_MAX,
}
const reactions = createReactions<typeof deps>({
  ...service,
  definitions: [
    closeOwnerOnUserRemoved,
    createPersonalWorkspaceOnUserRegistered,
    purgeInstancesOnTenantRemoved,
    purgeProjectsOnInstancePurged,
  ],
  deps,
})
const intervalMs = config.PROJECT_TIMER_INTERVAL_SECONDS * 1000
const parts = {
  instancePurge: createPurgeTimer({
    owners,
    owner: database.owner,
    intervalMs: config.INSTANCE_PURGE_INTERVAL_SECONDS * 1000,
    logger,
  }),
  projectPurge: createProjectPurgeTimer({ ...deps, intervalMs, logger }),
  places: createPlacesTimer({ ...deps, intervalMs, logger }),
}
const revocations = createRevocations({ nats, authUrl: config.AUTH_URL, logger })
const app = createServiceDoor(service, { projections, reactions, revocations })
const tokens = createServiceTokens({
  authUrl: config.AUTH_URL,
  secret: config.SERVICE_SECRET,
  service: context,
})
const clientOf = (baseUrl: string) =>
  createServiceClient({ baseUrl, tokens, timeoutMs: holdingsTimeoutMs })
mountInstances(app, {
  owners,
  holdings: createHoldingsOfOthers(holders.map(clientOf)),
  database,
  instancesMax: config.INSTANCES_MAX,
  projectsMax: config.PROJECTS_MAX,
  retentionMs: config.INSTANCE_RETENTION_SECONDS * 1000,
})

mountProjects(app, deps)
mountProjectChanges(app, {
  ...deps,
  retentionMs: config.PROJECT_RETENTION_SECONDS * 1000,
})
mountProjectVersions(app, deps)
mountProjectReading(app, deps)

// Run
await runService(service, { app, revocations, projections, relay, reactions, parts })
