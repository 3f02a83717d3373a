import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testkit/test-servers.ts'
import { newEvents } from '../conformance/events.ts'
import type { EventStore, NewEvent } from '../port.ts'
import { connectionConfig } from './connection.ts'
import { migrateEventStore } from './migrate.ts'
import { streamStatements } from './read-stream.ts'
import { allPage, headOf } from './reader.ts'
import { createPostgresEventStore } from './store.ts'
import { tailsStatement } from './tail-reads.ts'

// PostgreSQL counts the rows that a transaction fetches. Whatever the table holds, and whenever a
// plan was made, an append and a page touch a few rows per event: never the table nor the stream.

const hot = 'test.hot-t:1'
const eventsMin = 40_000

/** For the largest work here, rows that this test undid included. */
const rowsMax = 1_000

interface Work {
  readonly what: string
  readonly text: string
  readonly values?: unknown[]
}

const append = (streams: string, expected: number, count: number): Work => ({
  what: `${count} appends to ${streams}, expecting ${expected}`,
  text: `select event_store.commit_group(
    array_agg((${streams})::text), array_agg(${expected}::bigint), array_agg(n - 1),
    ${streams.includes(hot) ? 'array_agg(1)' : 'null'}, array_agg(n),
    array_agg(gen_random_uuid()), array_agg('Noted'::text),
    array_agg('{}'::json), array_agg('{}'::json))
    from generate_series(1, ${count}) n`,
})

const appendOne = (stream: string, expected: number): Work => ({
  what: `one event to ${stream}, expecting ${expected}`,
  text: `select event_store.commit_one(${stream}, ${expected}, gen_random_uuid(), 'Noted',
    '{}', '{}')`,
})

const range = { upTo: eventsMin, filter: {}, pageRows: 10 }
const works: Work[] = [
  append(`'${hot}'`, -2, 1),
  append(`'${hot}'`, -1, 1),
  append(`'${hot}'`, -2, 50),
  append("'test.new-t:' || n", -1, 1),
  append("'test.new-t:' || n", -1, 200),
  appendOne(`'${hot}'`, -2),
  appendOne(`'${hot}'`, -1),
  appendOne("'test.new-t:1'", -1),
  { what: 'a page of all', ...allPage({ ...range, after: 20_000 }) },
  { what: 'the head', ...headOf({}) },
  { what: 'the head of a prefix', ...headOf({ streamPrefixes: ['test.'] }) },
  {
    what: 'the start of a stream',
    text: streamStatements.forwards,
    values: [hot, 0, 10],
  },
  {
    what: 'the end of a stream',
    text: streamStatements.backwards,
    values: [hot, eventsMin, 10],
  },
  {
    what: 'the tails of three streams',
    text: tailsStatement,
    values: [
      ['test.none-t:1', hot, hot],
      [1, 2, eventsMin],
    ],
  },
]

let database: TestDatabase
const sessions: pg.Client[] = []

async function openSession() {
  const session = new pg.Client(connectionConfig(database.ownerUrl))
  await session.connect()
  sessions.push(session)
  return session
}

beforeAll(async () => {
  database = await createTestDatabase()
  await migrateEventStore(database.ownerUrl)
})

afterAll(async () => {
  await Promise.all(sessions.map((session) => session.end()))
  await database.drop()
})

test('no plan reads more than it needs, on whatever table it was made', async () => {
  const early = await openSession()
  // So that every fetch of a row by an index is counted, and nothing is analysed in between.
  await early.query('alter table event_store.events set (autovacuum_enabled = false)')
  for (const work of works) await fetchedRows(early, work)

  await fill((store, events) =>
    Promise.all(events.map((event) => store.append(`test.filled-t:${event.id}`, [event], 'none'))),
  )
  // To its statistics every stream is short; then one grows long.
  await early.query('analyze event_store.events')
  const middle = await openSession()
  for (const work of works) await fetchedRows(middle, work)
  await fill((store, events) => store.append(hot, events, 'any'))

  const late = await openSession()
  for (const session of [early, middle, late]) {
    for (const work of works) await expectFewRows(session, work)
  }
  await late.query('analyze event_store.events')
  for (const work of works) await expectFewRows(await openSession(), work)
})

/** Writes half of the events. */
async function fill(write: (store: EventStore, events: NewEvent[]) => Promise<unknown>) {
  const store = createPostgresEventStore({ connectionString: database.ownerUrl })
  const each = 1_000
  for (let n = 0; n < eventsMin / 2; n += each) await write(store, newEvents(each))
  await store.close()
}

async function expectFewRows(session: pg.Client, work: Work) {
  const { scans, rows } = await fetchedRows(session, work)
  expect.soft({ what: work.what, scans }).toEqual({ what: work.what, scans: 0 })
  expect.soft(rows, work.what).toBeLessThanOrEqual(rowsMax)
}

/** What the work costs, which is then undone. */
async function fetchedRows(session: pg.Client, { what, text, values = [] }: Work) {
  await session.query('begin')
  const before = await readCounts(session)
  await session.query({ name: what, text, values })
  const after = await readCounts(session)
  await session.query('rollback')
  return { scans: after.scans - before.scans, rows: after.rows - before.rows }
}

async function readCounts(session: pg.Client) {
  const { rows } = await session.query<{ scans: number; rows: number }>(`
    select seq_scan::int as scans, (seq_tup_read + idx_tup_fetch)::int as rows
    from pg_stat_xact_user_tables where schemaname = 'event_store' and relname = 'events'`)
  const [counts] = rows
  if (!counts) throw new Error('PostgreSQL counts no rows')
  return counts
}
