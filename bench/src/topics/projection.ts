import { randomUUID } from 'node:crypto'
import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { migrateEventStore } from '@atrium/platform/event-store/postgres/migrate.ts'
import { createPostgresEventStore } from '@atrium/platform/event-store/postgres/store.ts'
import type { EventStore, NewEvent } from '@atrium/platform/event-store/port.ts'
import { defineProjection } from '@atrium/platform/projections/projection.ts'
import { createProjections } from '@atrium/platform/projections/projections.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import { createMetrics } from '@atrium/platform/telemetry/metrics.ts'
import type { Bench, Topic } from '../bench.ts'
import { sampleEvent } from '../event.ts'
import { createEmmett } from '../peers/emmett.ts'
import { runEmmettConsumer } from '../peers/emmett-consumer.ts'
import { withClient } from '../servers.ts'

const eventsCount = 200_000
const eventsPerAppend = 10
const appendCallers = 16

const insertRows = (table: string) =>
  `insert into ${table} select * from json_populate_recordset(null::${table}, $1::json)
    on conflict do nothing`

const tableSql = (table: string) => `
  create table ${table} (
    tenant_id text not null, id text not null, name text not null, created_at timestamptz not null,
    primary key (tenant_id, id)
  );
  alter table ${table} enable row level security;
  create policy tenant on ${table} using (tenant_id = current_setting('app.tenant', true))`

export const topic: Topic = {
  summary: `catch-up of a projection over ${eventsCount} events, the checkpoint with each batch`,
  async run(bench) {
    const { store, database } = await createOurs(bench)
    const emmettUrl = await createPeer(bench)
    const peer = { url: emmettUrl, batchSize: 1_000, count: eventsCount }

    // What a projection reads and has nothing to write for.
    await bench.compare({
      name: 'projection catch-up, delivered',
      unit: 'events/s',
      target: 150_000,
      rounds: 3,
      ours: () => rate(() => build(store, database, 'delivered', false)),
    })
    await bench.compare({
      name: 'projection catch-up, delivered, beside Emmett',
      unit: 'events/s',
      rounds: 3,
      ours: () => rate(() => build(store, database, 'beside', false)),
      peers: [
        {
          name: 'Emmett',
          run: () => rate(() => runEmmettConsumer({ ...peer, processorId: randomUUID() })),
        },
      ],
    })
    await bench.compare({
      name: 'projection catch-up, written',
      unit: 'events/s',
      target: 50_000,
      rounds: 3,
      ours: () => rate(() => build(store, database, 'written', true)),
    })
    await bench.compare({
      name: 'projection catch-up, written, beside Emmett',
      unit: 'events/s',
      rounds: 3,
      ours: () => rate(() => build(store, database, 'rows', true)),
      peers: [{ name: 'Emmett', run: () => writtenByEmmett(peer) }],
    })
  },
}

/** Events a second of one run over all of them. */
async function rate(run: () => Promise<unknown>) {
  const startedAt = performance.now()
  await run()
  return (eventsCount * 1_000) / (performance.now() - startedAt)
}

/** Runs a new projection from the first event until it is live, as a service's start does. */
async function build(store: EventStore, database: Database, word: string, writes: boolean) {
  const name = `${word}-${randomUUID().slice(0, 8)}`
  const table = name.replaceAll('-', '_')
  const definition = defineProjection<Created>({
    name,
    version: 1,
    table,
    tableSql: tableSql(table),
    on: {
      InstanceCreated: {
        rows: ({ tenant, data }) =>
          writes
            ? [
                {
                  tenant_id: tenant,
                  id: data.instanceId,
                  name: data.name,
                  created_at: data.createdAt,
                },
              ]
            : [],
        sql: `insert into ${table} select * from rows on conflict do nothing`,
      },
    },
  })
  const projections = createProjections({
    context: 'instances',
    store,
    database,
    definitions: [definition],
    logger: createLogger({ name: 'bench', level: 'warn' }),
    metrics: createMetrics({ name: 'bench' }),
  })
  await projections.start()
  await projections.close()
  if (!writes) return
  const { rows } = await database.owner.query<{ count: number }>(`select count(*) from ${table}`)
  if (rows[0]?.count !== eventsCount) throw new Error(`${rows[0]?.count} rows were written`)
}

async function writtenByEmmett(peer: { url: string; batchSize: number; count: number }) {
  const table = `rows_${randomUUID().slice(0, 8)}`
  await withClient(peer.url, (client) => client.query(tableSql(table)))
  return await rate(() =>
    runEmmettConsumer({
      ...peer,
      processorId: table,
      write: (client, data) => {
        const rows = data.map((each) => ({
          tenant_id: 'default',
          id: each['instanceId'],
          name: each['name'],
          created_at: each['createdAt'],
        }))
        return client.query(insertRows(table), [JSON.stringify(rows)])
      },
    }),
  )
}

interface Created {
  readonly type: 'InstanceCreated'
  readonly data: { readonly instanceId: string; readonly name: string; readonly createdAt: string }
}

const createdEvent = (): NewEvent => ({
  ...sampleEvent(),
  type: 'InstanceCreated',
  data: {
    instanceId: `ins_${randomUUID().replaceAll('-', '')}`,
    name: 'A name that someone gave',
    createdAt: '2026-01-31T09:30:00.000Z',
  },
})

/** Appends all events, some to each of many streams. */
async function fill(append: (stream: string, events: readonly NewEvent[]) => Promise<unknown>) {
  let left = eventsCount / eventsPerAppend
  const caller = async () => {
    while (left > 0) {
      left -= 1
      const stream = `instances.thing-default:${randomUUID()}`
      await append(stream, Array.from({ length: eventsPerAppend }, createdEvent))
    }
  }
  await Promise.all(Array.from({ length: appendCallers }, caller))
}

async function createOurs(bench: Bench) {
  const ownerUrl = await bench.database()
  const password = randomUUID()
  const role = `routes_${randomUUID().slice(0, 8)}`
  await withClient(ownerUrl, (client) =>
    client.query(`create role ${role} login password '${password}'`),
  )
  const routes = new URL(ownerUrl)
  routes.username = role
  routes.password = password
  await migrateEventStore(ownerUrl)
  const database = await createDatabase({
    ownerUrl,
    routesUrl: routes.href,
    context: 'instances',
  })
  bench.onEnd(() => database.close())
  const store = createPostgresEventStore({ connectionString: ownerUrl })
  bench.onEnd(() => store.close())
  await fill((stream, events) => store.append(stream, events, 'none'))
  return { store, database }
}

async function createPeer(bench: Bench) {
  const url = await bench.database()
  const emmett = await createEmmett(url)
  bench.onEnd(() => emmett.close())
  await fill((stream, events) => emmett.append(stream, events))
  return url
}
