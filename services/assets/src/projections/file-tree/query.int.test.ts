import { createDatabase, type Database } from '@atrium/platform/database/database.ts'
import { createTestDatabase, type TestDatabase } from '@atrium/platform/testkit/test-servers.ts'
import { readFileSync } from 'node:fs'
import type { ClientBase, PoolClient, QueryConfig } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findShare, followPath, listBelow, listDueReleases, listFolder, topId } from './query.ts'

// The tables alone, filled by hand: a wide folder, and a deep one.

const instanceId = `ins_${'1'.repeat(32)}`
const wide = 10_000
const state: { urls?: TestDatabase; database?: Database; client?: PoolClient } = {}
const clientOf = () => {
  if (!state.client) throw new Error('Not connected yet')
  return state.client
}

/** As routes ask, whom row-level security gives the tenant's rows alone. */
async function ask<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
  if (!state.database) throw new Error('Not connected yet')
  return await state.database.forTenant('default', async (client) => {
    await client.query('set local search_path = tree')
    return await work(client)
  })
}

beforeAll(async () => {
  state.urls = await createTestDatabase()
  state.database = await createDatabase({ ...state.urls, context: 'assets' })
  const client = await state.database.owner.connect()
  state.client = client
  await client.query('create schema tree')
  await client.query('set search_path = tree')
  await client.query(readFileSync(new URL('table.sql', import.meta.url), 'utf8'))
  await client.query(`set app.tenant = 'default'`)
  const entry = `
    insert into file_entry
    select 'default', $1 || n, $2, 'usr_x', $3, $4 || n, null, null, null, null, false, '{}', 1,
           now(), now(), 0
      from generate_series(1, $5::int) n`
  await client.query(entry, ['wide', instanceId, topId, 'wide', 1])
  await client.query(entry, ['leaf', instanceId, 'wide1', 'file ', wide])
  await client.query(entry, ['deep', instanceId, topId, 'deep', 1])
  await client.query(entry, ['down', instanceId, 'deep1', 'down', 1])
  await client.query(entry, ['bottom', instanceId, 'down1', 'bottom', 2])
  await client.query(`update file_entry set asset_id = id, media_type = 'text/plain',
    size_bytes = 1, sha256 = 'x' where id like 'leaf%' or id like 'bottom%'`)
  const role = new URL(state.urls.routesUrl).username
  await client.query('create schema empty_tree')
  await client.query('set search_path = empty_tree')
  await client.query(readFileSync(new URL('table.sql', import.meta.url), 'utf8'))
  await client.query('set search_path = tree')
  for (const schema of ['tree', 'empty_tree']) {
    await client.query(`grant usage on schema ${schema} to "${role}"`)
    await client.query(`grant select, insert on all tables in schema ${schema} to "${role}"`)
  }
  await client.query('analyze file_entry')
})
afterAll(async () => {
  state.client?.release()
  await state.database?.close()
  await state.urls?.drop()
})

it('follows a path as far as it leads', async () => {
  const names = async (...path: string[]) =>
    (await ask((client) => followPath(client, { instanceId, path }))).map(({ name }) => name)
  expect(await names('deep1', 'down1', 'bottom2')).toEqual(['deep1', 'down1', 'bottom2'])
  expect(await names('deep1', 'none', 'bottom2')).toEqual(['deep1'])
  expect(await names('none')).toEqual([])
  expect(await names()).toEqual([])
})

it('lists a folder of ten thousand page by page, each entry once, by the bytes of its name', async () => {
  const names: string[] = []
  let after: string | undefined
  do {
    const from = after === undefined ? {} : { after }
    const query = { instanceId, folderId: 'wide1', limit: 1_000, ...from }
    const page = await ask((client) => listFolder(client, query))
    names.push(...page.map(({ name }) => name))
    after = page.at(-1)?.name
  } while (after !== undefined)
  expect(names).toHaveLength(wide)
  expect(names).toEqual(names.toSorted())
})

it('lists what is below a folder, each folder before what it holds', async () => {
  const list = async (depth: number, limit = 100, after?: string[]) => {
    const query = { instanceId, folderId: topId, depth, limit, ...(after ? { after } : {}) }
    return (await ask((client) => listBelow(client, query))).map(({ path }) => path.join('/'))
  }
  expect(await list(3, 4)).toEqual([
    'deep1',
    'deep1/down1',
    'deep1/down1/bottom1',
    'deep1/down1/bottom2',
  ])
  expect(await list(1)).toEqual(['deep1', 'wide1'])
  expect(await list(3, 3, ['deep1', 'down1', 'bottom2'])).toEqual([
    'wide1',
    'wide1/file 1',
    'wide1/file 10',
  ])
  expect(await list(2, 1, ['deep1', 'gone'])).toEqual(['wide1'])
  expect(await list(3, 2, ['deep1', 'down1'])).toEqual([
    'deep1/down1/bottom1',
    'deep1/down1/bottom2',
  ])
})

/** The plan of the query that some work makes. */
async function planOf(work: (client: ClientBase) => Promise<unknown>, schema: string) {
  return await ask(async (client) => {
    await client.query(`set local search_path = ${schema}`)
    const query = client.query.bind(client)
    const made: QueryConfig[] = []
    const noting = Object.create(client, {
      query: {
        value: async (config: QueryConfig) => {
          made.push(config)
          return await query(config)
        },
      },
    }) as ClientBase
    await work(noting)
    const [first] = made
    if (!first) throw new Error('no query was made')
    const explain = { text: `explain ${first.text}`, values: first.values ?? [] }
    const { rows } = await query<{ 'QUERY PLAN': string }>(explain)
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  })
}

it.each(['tree', 'empty_tree'])(
  'finds a page and a path in the index, however large the folder is: %s',
  async (schema) => {
    const folder = { instanceId, folderId: 'wide1', limit: 100, after: 'file 5' }
    const page = await planOf((client) => listFolder(client, folder), schema)
    expect(page).toContain('Index Scan using file_entry_place')
    expect(page).not.toContain('Sort')
    const path = ['wide1', 'file 5000']
    const walk = await planOf((client) => followPath(client, { instanceId, path }), schema)
    // In a table without rows both indexes are as good, until its statistics are made.
    const index = schema === 'tree' ? 'file_entry_place' : 'file_entry_'
    expect(walk).toContain(`Index Scan using ${index}`)
    expect(walk).not.toMatch(/Seq Scan|Hash/)
  },
)

it('finds the widest share that has not expired', async () => {
  const share = `
    insert into file_share values
      ('default', $1, '${instanceId}', 'usr_a', $2, $3, now())`
  await clientOf().query(share, ['deep1', 'read', null])
  await clientOf().query(share, ['down1', 'write', '2026-02-01'])
  const find = (at: string) =>
    ask((client) => findShare(client, { entryIds: ['deep1', 'down1'], userId: 'usr_a', at }))
  expect(await find('2026-01-01T00:00:00Z')).toBe('write')
  expect(await find('2026-03-01T00:00:00Z')).toBe('read')
  const other = { entryIds: ['down1'], userId: 'usr_b', at: '2026-01-01T00:00:00Z' }
  expect(await ask((client) => findShare(client, other))).toBeUndefined()
})

it('gathers what the storage was not told of, by instance', async () => {
  await clientOf().query(`
    insert into file_release values
      ('default', 'ast_a', 'ins_a', 'usr_a', '2026-01-01'),
      ('default', 'ast_b', 'ins_a', 'usr_a', '2026-01-02'),
      ('default', 'ast_c', 'ins_c', 'usr_a', '2026-01-03')`)
  const before = '2026-01-02T12:00:00Z'
  expect(await listDueReleases(clientOf(), { before, limit: 10 })).toEqual([
    { tenant: 'default', instanceId: 'ins_a', ownerId: 'usr_a', assetIds: ['ast_a', 'ast_b'] },
  ])
})
