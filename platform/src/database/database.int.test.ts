import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../event-store/port.ts'
import { findFreePort } from '../servers/free-port.ts'
import { createTestDatabase, type TestDatabase } from '../testkit/test-servers.ts'
import { connectClient } from './connection.ts'
import { createDatabase, type Database } from './database.ts'

const notes = `
  create table note (
    tenant_id text not null, body text not null, read_count int not null default 0
  );
  alter table note enable row level security;
  create policy tenant on note using (tenant_id = current_setting('app.tenant', true));
  create table secret (tenant_id text not null, body text not null);
  insert into note values ('a', 'of a'), ('b', 'of b');
  insert into secret values ('a', 'hidden')`

let folder: string
let urls: TestDatabase
let database: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-migrations-'))
  urls = await createTestDatabase()
  database = await createDatabase({
    ...urls,
    context: 'instances',
    migrations: [await file('notes')],
  })
})

afterAll(async () => {
  await database.close()
  await urls.drop()
  await rm(folder, { recursive: true, force: true })
})

async function file(name: string, sql = notes) {
  const path = join(folder, `${name}.sql`)
  await writeFile(path, sql)
  return { name, file: pathToFileURL(path) }
}

/** Of SELECT body FROM note, as the tenant. */
async function bodiesFor(tenant: string, readOnly = true) {
  return await database.forTenant(
    tenant,
    async (client) => (await client.query<{ body: string }>('select body from note')).rows,
    { readOnly },
  )
}

describe('a context’s database', () => {
  test('shows a tenant its own rows alone, reading and writing', async () => {
    expect(await bodiesFor('a')).toEqual([{ body: 'of a' }])
    expect(await bodiesFor('b', false)).toEqual([{ body: 'of b' }])
    expect(await bodiesFor('c')).toEqual([])
  })

  test('shows the routes role nothing without a tenant', async () => {
    const client = await connectClient(urls.routesUrl, 'test')
    try {
      expect((await client.query('select * from note')).rows).toEqual([])
      await client.query(`begin; select set_config('app.tenant', 'a', true); commit`)
      expect((await client.query('select * from note')).rows).toEqual([])
    } finally {
      await client.end()
    }
  })

  test('keeps a tenant out of the next transaction on the same connection', async () => {
    const tenants = Array.from({ length: 60 }, (_, index) => ['a', 'b', 'none'][index % 3] ?? '')
    const found = await Promise.all(tenants.map((tenant) => bodiesFor(tenant)))
    const expected = { a: [{ body: 'of a' }], b: [{ body: 'of b' }], none: [] }
    expect(found).toEqual(tenants.map((tenant) => expected[tenant as keyof typeof expected]))
  })

  test('lets the routes role neither write nor read what is not declared', async () => {
    const refused = [
      `insert into note values ('a', 'x')`,
      'update note set read_count = 1',
      'delete from note',
      'select * from secret',
      'select * from platform.migration',
      'create table public.mine (id int)',
      'create temporary table mine (id int)',
      'set role ' + new URL(urls.ownerUrl).username,
      'alter table note disable row level security',
    ]
    for (const sql of refused) {
      const attempt = database.forTenant('a', (client) => client.query(sql))
      await expect(attempt, sql).rejects.toThrow(/permission denied|must be owner/)
    }
  })

  test('refuses what is no tenant’s id before it reaches SQL', async () => {
    for (const tenant of ['', `a'; drop table note; --`, 'a b', 'ä', 'x'.repeat(65)]) {
      await expect(bodiesFor(tenant)).rejects.toThrow(RangeError)
    }
  })

  test('refuses a write in a read-only transaction', async () => {
    const attempt = database.forTenant('a', (client) => client.query('create table x ()'), {
      readOnly: true,
    })
    await expect(attempt).rejects.toThrow(/read-only transaction/)
  })

  test('tells a transaction that came to nothing from one that was committed', async () => {
    const attempt = database.forTenant('a', async (client) => {
      await client.query('select 1/0').catch(() => {})
    })
    await expect(attempt).rejects.toThrow('nothing was committed')
    expect(await bodiesFor('a')).toEqual([{ body: 'of a' }])
  })

  test('gives positions as numbers', async () => {
    const { rows } = await database.owner.query('select 9007199254740991::int8 as position')
    expect(rows).toEqual([{ position: 9_007_199_254_740_991 }])
    await expect(database.owner.query('select 9007199254740993::int8')).rejects.toThrow(RangeError)
  })

  test('repeats a read whose connection was lost', async () => {
    let attempts = 0
    const rows = await database.forTenant(
      'a',
      async (client) => {
        attempts += 1
        if (attempts === 1) await terminate(client)
        return (await client.query('select body from note')).rows as unknown[]
      },
      { readOnly: true },
    )
    expect(rows).toEqual([{ body: 'of a' }])
    expect(attempts).toBe(2)
  })

  test('does not repeat a write whose connection was lost', async () => {
    let attempts = 0
    const attempt = database.forTenant('a', async (client) => {
      attempts += 1
      await terminate(client)
      await client.query('select 1')
    })
    await expect(attempt).rejects.toThrow(StoreUnavailable)
    expect(attempts).toBe(1)
  })

  test('says that a server which is not there is unavailable', async () => {
    const url = new URL(urls.ownerUrl)
    url.port = String(await findFreePort())
    await expect(connectClient(url.href, 'test', [1, 1])).rejects.toThrow(StoreUnavailable)
  })
})

/** Ends the server's side of the client's connection. */
async function terminate(client: { query: Client['query'] }) {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const admin = new Client({ connectionString: urls.adminUrl })
  await admin.connect()
  await admin.query('select pg_terminate_backend($1)', [rows[0]?.pid])
  await admin.end()
}

describe('migrations', () => {
  test('run once, however many processes start at the same moment', async () => {
    const fresh = await createTestDatabase()
    const migrations = [await file('first'), await file('second', 'create table other (id int)')]
    const options = { ...fresh, context: 'instances', migrations } as const
    const started = await Promise.all(Array.from({ length: 6 }, () => createDatabase(options)))
    const { rows } = await recordedIn(started[0])
    expect(rows).toEqual([{ count: 2 }])
    await Promise.all(started.map((each) => each.close()))
    await fresh.drop()
  })

  test('leave nothing behind where one fails', async () => {
    const fresh = await createTestDatabase()
    const good = await file('good', 'create table kept (id int)')
    const bad = await file('bad', 'create table broken (id nonsense)')
    const start = (migrations: (typeof good)[]) =>
      createDatabase({ ...fresh, context: 'instances', migrations })
    await expect(start([good, bad])).rejects.toThrow('migration bad failed')
    const mended = await start([good, await file('bad', 'create table mended (id int)')])
    const { rows } = await mended.owner.query(`select to_regclass('kept')::text as kept`)
    expect(rows).toEqual([{ kept: 'kept' }])
    await mended.close()
    await fresh.drop()
  })

  test('are refused where a file was changed after it ran', async () => {
    await file('notes', `${notes}; select 1`)
    const start = createDatabase({
      ...urls,
      context: 'instances',
      migrations: [await file('notes', `${notes}; select 2`)],
    })
    await expect(start).rejects.toThrow('migration notes was changed after it ran')
  })

  test('are refused for a routes role that row-level security does not bind', async () => {
    const start = createDatabase({ ...urls, routesUrl: urls.ownerUrl, context: 'instances' })
    await expect(start).rejects.toThrow('not bound by row-level security')
  })
})

const recordedIn = (started: Database | undefined) =>
  started?.owner.query(
    `select count(*) from platform.migration where name in ('first', 'second')`,
  ) ?? Promise.reject(new Error('not started'))
