import { connect } from 'nats'
import { Client } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { parseNatsUrl } from '../messaging/nats-url.ts'
import { type TestDatabase, createTestDatabase, natsUrl } from './test-servers.ts'

const databases: TestDatabase[] = []
const newDatabase = async () => {
  const database = await createTestDatabase()
  databases.push(database)
  return database
}

afterAll(() => Promise.all(databases.map((database) => database.drop())))

async function query(url: string, ...statements: string[]) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements.slice(0, -1)) await client.query(statement)
    return (await client.query<Record<string, unknown>>(statements.at(-1) ?? '')).rows
  } finally {
    await client.end()
  }
}

describe('a test database', () => {
  it('hides from the routes role what no migration granted', async () => {
    const { ownerUrl, routesUrl } = await newDatabase()
    await query(ownerUrl, 'create table secret (id int)')
    await expect(query(routesUrl, 'select * from secret')).rejects.toThrow('permission denied')
    await expect(query(routesUrl, 'create table mine (id int)')).rejects.toThrow('permission')
  })

  it('holds the routes role, and not the owner, to row-level security', async () => {
    const { ownerUrl, routesUrl } = await newDatabase()
    await query(
      ownerUrl,
      'create table thing (tenant_id text)',
      'alter table thing enable row level security',
      `create policy tenant on thing using (tenant_id = current_setting('atrium.tenant', true))`,
      `grant select on thing to ${new URL(routesUrl).username}`,
      `insert into thing values ('a'), ('b')`,
    )
    expect(await query(ownerUrl, 'select * from thing')).toHaveLength(2)
    expect(await query(routesUrl, 'select * from thing')).toEqual([])
    const rows = await query(routesUrl, `set atrium.tenant = 'a'`, 'select * from thing')
    expect(rows).toEqual([{ tenant_id: 'a' }])
  })

  it('is closed to the roles of another', async () => {
    const [one, other] = await Promise.all([newDatabase(), newDatabase()])
    const url = new URL(one.ownerUrl)
    url.pathname = `/${other.name}`
    await expect(query(url.href, 'select 1')).rejects.toThrow('permission denied for database')
  })
})

describe('the NATS of the run', () => {
  it('has JetStream, for its user alone', async () => {
    const address = parseNatsUrl(natsUrl())
    const connection = await connect(address)
    const account = await (await connection.jetstreamManager()).getAccountInfo()
    expect(account.limits).toBeDefined()
    await connection.close()
    await expect(connect({ servers: address.servers })).rejects.toThrow('Authorization Violation')
  })
})
