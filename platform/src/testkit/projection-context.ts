import { randomBytes } from 'node:crypto'
import { streamName } from '@atrium/contracts/naming.ts'
import { createDatabase } from '../database/database.ts'
import { migrateEventStore } from '../event-store/postgres/migrate.ts'
import { createPostgresEventStore } from '../event-store/postgres/store.ts'
import type { EventStore, NewEvent } from '../event-store/port.ts'
import { eventIdOf, newCommandId } from '../identifier.ts'
import { defineProjection, type ProjectionDefinition } from '../projections/projection.ts'
import { createProjections } from '../projections/projections.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { DomainEvent } from '../decider/decider.ts'
import { createTestDatabase } from './test-servers.ts'

/** One context's store, database and replicas of its projections, for tests of projections. */
export async function createProjectionContext() {
  const urls = await createTestDatabase()
  await migrateEventStore(urls.ownerUrl)
  const database = await createDatabase({ ...urls, context: 'instances' })
  const store = createPostgresEventStore({ connectionString: urls.ownerUrl })
  const closings: (() => Promise<void>)[] = []
  const context = {
    urls,
    database,
    store,
    /** One more process: a database and projections of its own. */
    async replica(definitions: readonly ProjectionDefinition<never>[], over: EventStore = store) {
      const own = await createDatabase({ ...urls, context: 'instances' })
      const metrics = createMetrics({ name: 'test' })
      const logger = createLogger({ name: 'test', level: 'silent' })
      const options = { context: 'instances', store: over, database: own } as const
      const projections = createProjections({ ...options, definitions, logger, metrics })
      let closed = false
      const close = async () => {
        if (closed) return
        closed = true
        await projections.close()
        await own.close()
      }
      closings.push(close)
      return { ...projections, database: own, metrics, close }
    },
    append: (id: string, events: readonly DomainEvent[], tenant = 'a') =>
      appendTo(store, id, events, tenant),
    async close() {
      for (const close of closings) await close()
      await store.close()
      await database.close()
      await urls.drop()
    },
  }
  return context
}

export type ProjectionContext = Awaited<ReturnType<typeof createProjectionContext>>

/** Appends to the stream of one sample aggregate; gives the position of the last event. */
async function appendTo(
  store: EventStore,
  id: string,
  events: readonly DomainEvent[],
  tenant: string,
) {
  const commandId = newCommandId()
  const fresh = events.map(({ type, data }, index): NewEvent => ({
    id: eventIdOf(commandId, index),
    type,
    data,
    metadata: { tenant, actor: {}, correlationId: commandId, commandId, schemaVersion: 1 },
  }))
  const result = await store.append(streamName('instances.sample', tenant, id), fresh, 'any')
  if (result.status === 'conflict') throw new Error('an append with "any" met a conflict')
  return result.position
}

export const created = (instanceId: string, name: string) => ({
  type: 'InstanceCreated' as const,
  data: { instanceId, ownerId: 'usr_1', name, createdAt: '2026-01-01T00:00:00.000Z' },
})

export const renamed = (instanceId: string, name: string) => ({
  type: 'InstanceRenamed' as const,
  data: { instanceId, ownerId: 'usr_1', name, renamedAt: '2026-01-02T00:00:00.000Z' },
})

export const purged = (instanceId: string) => ({
  type: 'InstancePurged' as const,
  data: { instanceId, ownerId: 'usr_1', purgedAt: '2026-01-03T00:00:00.000Z' },
})

type SampleEvent =
  ReturnType<typeof created> | ReturnType<typeof renamed> | ReturnType<typeof purged>

/** A read model with every kind of write. It refuses the name `poison` by a check. */
export function sampleProjection({
  version = 1,
  name = `sample-${randomBytes(3).toString('hex')}`,
  check = `check (name <> 'poison')`,
}) {
  const table = name.replaceAll('-', '_')
  return defineProjection<SampleEvent>({
    name,
    version,
    table,
    tableSql: `
      create table ${table} (
        tenant_id text not null,
        id text not null,
        name text not null ${check},
        version integer not null,
        revision bigint not null,
        primary key (tenant_id, id)
      );
      alter table ${table} enable row level security;
      create policy tenant on ${table} using (tenant_id = current_setting('app.tenant', true))`,
    on: {
      InstanceCreated: {
        rows: ({ tenant, revision, data: { instanceId: id, name: its } }) => [
          { tenant_id: tenant, id, name: its, version: 1, revision },
        ],
        sql: `insert into ${table} select * from rows on conflict do nothing`,
      },
      InstanceRenamed: {
        rows: ({ tenant, revision, data: { instanceId: id, name: its } }) => {
          if (its === 'throw') throw new TypeError('a name that breaks the code')
          return [{ tenant_id: tenant, id, name: its, revision }]
        },
        sql: `
          update ${table} as t
             set name = rows.name, version = t.version + 1, revision = rows.revision
            from rows
           where t.tenant_id = rows.tenant_id and t.id = rows.id and t.revision < rows.revision`,
      },
      InstancePurged: {
        rows: ({ tenant, data: { instanceId: id } }) => [{ tenant_id: tenant, id }],
        sql: `delete from ${table} as t using rows
               where t.tenant_id = rows.tenant_id and t.id = rows.id`,
      },
    },
  })
}
