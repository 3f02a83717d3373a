import { createDatabase } from '@atrium/platform/database/database.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import { openEventStore } from '@atrium/platform/event-store/open.ts'
import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import { createTestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { createAggregates } from '../src/aggregates.ts'
import type { JobRequest } from '../src/job.ts'
import { migrations } from '../src/migrations.ts'
import { projectionDefinitions } from '../src/projections/definitions.ts'

const context = 'pdf'

/** The context without HTTP, NATS and renders: its log, read models, commands and queue. */
export async function createPdfContext() {
  const urls = await createTestDatabase()
  const database = await createDatabase({ ...urls, context, migrations })
  const store = await openEventStore({ context, databaseUrl: urls.ownerUrl })
  const logger = createLogger({ name: 'test', level: 'silent' })
  const metrics = createMetrics({ name: 'test' })
  const definitions = projectionDefinitions
  const projections = createProjections({
    context,
    store,
    database,
    definitions,
    logger,
    metrics,
  })
  await projections.start()
  const aggregates = createAggregates(store)

  return {
    urls,
    database,
    store,
    logger,
    metrics,
    projections,
    aggregates,
    ...aggregates,
    /** A job that waits, and can be seen to. */
    async lay(request: Partial<JobRequest> & { readonly tenant?: string } = {}) {
      const { tenant = 'acme', ...members } = request
      const asked = requestOf(members)
      const command = { type: 'RequestJob', request: asked, at: asked.requestedAt } as const
      const { position = 0 } = await aggregates.jobs.handle(asked.jobId, command, causeIn(tenant))
      await projections.waitFor(position)
      return { tenant, ...asked }
    },
    async close() {
      await projections.close()
      await store.close()
      await database.close()
      await urls.drop()
    },
  }
}

export type PdfContext = Awaited<ReturnType<typeof createPdfContext>>

export const causeIn = (tenant: string): Cause => {
  const commandId = newCommandId()
  return { tenant, actor: { service: 'test' }, correlationId: commandId, commandId }
}

export const requestOf = (members: Partial<JobRequest> = {}): JobRequest => ({
  jobId: derivedId('job', newCommandId()),
  ownerId: `usr_${'0'.repeat(32)}`,
  title: 'A year',
  device: 'remarkable-2',
  projectSha256: 'a'.repeat(64),
  profileSha256: 'b'.repeat(64),
  pages: 1,
  strict: false,
  deterministic: true,
  export: 'interactive',
  requestedAt: '2026-01-01T00:00:00.000Z',
  ...members,
})
