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

/** Emmett's consumer takes its time with each event: its rate does not ask for more of them. */
const peerEventsCount = 5_000
const eventsPerAppend = 10
const appendCallers = 16

const insertRow = (table: string) =>
  `insert into ${table} values ($1, $2, $3, $4) on conflict do nothing`

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
    const peer = { url: emmettUrl, batchSize: 1_000, count: peerEventsCount }

    // What a projection reads and has nothing to write for.
    await bench.compare({
      name: 'projection catch-up, delivered',
      unit: 'events/s',
      target: 150_000,
      rounds: 3,
      ours: () => rate(eventsCount, () => build(store, database, 'delivered', false)),
    })
    await bench.compare({
      name: 'projection catch-up, delivered, beside Emmett',
      unit: 'events/s',
      rounds: 3,
      ours: () => rate(eventsCount, () => build(store, database, 'beside', false)),
      peers: [
        {
          name: 'Emmett',
          run: () =>
            rate(peer.count, () => runEmmettConsumer({ ...peer, processorId: randomUUID() })),
        },
      ],
    })
    await bench.compare({
      name: 'projection catch-up, written',
      unit: 'events/s',
      target: 50_000,
      rounds: 3,
      ours: () => rate(eventsCount, () => build(store, database, 'written', true)),
    })
    await bench.compare({
      name: 'projection catch-up, written, beside Emmett',
      unit: 'events/s',
      rounds: 3,
      ours: () => rate(eventsCount, () => build(store, database, 'rows', true)),
      peers: [{ name: 'Emmett', run: () => writtenByEmmett(peer) }],
    })
  },
}

/** Events a second of one run over all of them. */
async function rate(count: number, run: () => Promise<unknown>) {
  const startedAt = performance.now()
  await run()
  return (count * 1_000) / (performance.now() - startedAt)
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
    // Each event has a row of its own, whatever stream it is in.
    ...(writes ? { key: ({ data }) => (data as Created['data']).instanceId } : {}),
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
  return await rate(peer.count, () =>
    runEmmettConsumer({
      ...peer,
      processorId: table,
      write: (client, data) =>
        client.query(insertRow(table), [
          'default',
          data['instanceId'],
          data['name'],
          data['createdAt'],
        ]),
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

/** Appends so many events, some to each of many streams. */
async function fill(
  callers: number,
  count: number,
  append: (stream: string, events: readonly NewEvent[]) => Promise<unknown>,
) {
  let left = count / eventsPerAppend
  const caller = async () => {
    while (left > 0) {
      left -= 1
      const stream = `instances.thing-default:${randomUUID()}`
      await append(stream, Array.from({ length: eventsPerAppend }, createdEvent))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
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
  await fill(appendCallers, eventsCount, (stream, events) => store.append(stream, events, 'none'))
  return { store, database }
}

async function createPeer(bench: Bench) {
  const url = await bench.database()
  const emmett = await createEmmett(url)
  bench.onEnd(() => emmett.close())
  // By one caller: of what several write at once, Emmett's consumer misses some.
  await fill(1, peerEventsCount, (stream, events) => emmett.append(stream, events))
  return url
}
