import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  createProjectionContext,
  created,
  purged,
  renamed,
  sampleProjection,
  type ProjectionContext,
} from '../testkit/projection-context.ts'
import { createTables } from './generation.ts'
import { readLag } from './lag.ts'
import { listProjections } from './operate.ts'

let context: ProjectionContext

beforeAll(async () => {
  context = await createProjectionContext()
})

afterAll(() => context.close())

/** What a route of the tenant reads. */
async function readAs(tenant: string, table: string, replica = context.database) {
  return await replica.forTenant(
    tenant,
    async (client) => {
      const text = `select id, name, version from ${table} order by id`
      return (await client.query<{ id: string; name: string; version: number }>(text)).rows
    },
    { readOnly: true },
  )
}

const tableOf = ({ table }: { table: string }) => table

describe('a projection', () => {
  test('shows in every process what was written, when it waits for the position', async () => {
    const definition = sampleProjection({})
    const [first, second] = await Promise.all([
      context.replica([definition]),
      context.replica([definition]),
    ])
    await Promise.all([first.start(), second.start()])
    for (let round = 0; round < 20; round += 1) {
      const id = `seen-${round}`
      const position = await context.append(id, [created(id, 'one'), renamed(id, 'two')])
      await Promise.all([first.waitFor(position), second.waitFor(position)])
      for (const { database } of [first, second]) {
        const rows = await readAs('a', tableOf(definition), database)
        expect(rows).toContainEqual({ id, name: 'two', version: 2 })
      }
    }
    await first.close()
    await second.close()
  })

  test('has a version that is another once a position was waited for', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    await expect.poll(() => replica.version()).toBeDefined()
    for (let round = 0; round < 20; round += 1) {
      const before = replica.version()
      const id = `version-${round}`
      await replica.waitFor(await context.append(id, [created(id, 'one')]))
      expect(replica.version()).not.toBe(before)
    }
    await replica.close()
    expect(replica.version()).toBeUndefined()
  })

  test('passes events of types that it does not know, so that nobody waits for it for ever', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    const position = await context.append('x', [{ type: 'SomethingElse', data: {} }])
    await replica.waitFor(position)
    await replica.close()
  })

  test('refuses a read that would be stale with a code, after its limit', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    const position = await context.append('y', [created('y', 'y')])
    const startedAt = performance.now()
    await expect(replica.waitFor(position + 1_000, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'not-yet-consistent',
    })
    expect(performance.now() - startedAt).toBeGreaterThan(190)
    await replica.close()
  })

  test('keeps the order of each stream in a batch of many', async () => {
    const definition = sampleProjection({})
    let position = 0
    for (let index = 0; index < 50; index += 1) {
      const id = `order-${index}`
      const names = Array.from({ length: index % 7 }, (_, turn) => renamed(id, `name ${turn}`))
      const last = index % 5 === 0 ? [purged(id)] : []
      position = await context.append(id, [created(id, 'first'), ...names, ...last])
    }
    const replica = await context.replica([definition])
    await replica.start()
    await replica.waitFor(position)
    const rows = (await readAs('a', tableOf(definition))).filter(({ id }) =>
      id.startsWith('order-'),
    )
    expect(rows).toHaveLength(40)
    for (const { id, name, version } of rows) {
      const names = Number(id.slice('order-'.length)) % 7
      expect({ id, name, version }).toEqual({
        id,
        name: names === 0 ? 'first' : `name ${names - 1}`,
        version: names + 1,
      })
    }
    await replica.close()
  })

  test('shows the routes role its tenant’s rows alone, and lets it write nothing', async () => {
    const definition = sampleProjection({})
    const table = tableOf(definition)
    const replica = await context.replica([definition])
    await replica.start()
    await context.append('of-b', [created('of-b', 'of b')], 'b')
    await replica.waitFor(await context.append('of-c', [created('of-c', 'of c')], 'c'))
    expect(await readAs('b', table)).toEqual([{ id: 'of-b', name: 'of b', version: 1 }])
    expect(await readAs('c', table)).toEqual([{ id: 'of-c', name: 'of c', version: 1 }])
    expect(await readAs('nobody', table)).toEqual([])

    const [{ schema } = { schema: '' }] = (await listProjections(context.database.owner)).filter(
      ({ name }) => name === definition.name,
    )
    expect(await readAs('b', `${schema}.${table}`)).toHaveLength(1)
    for (const sql of [
      `delete from ${table}`,
      `update ${schema}.${table} set name = 'x'`,
      `insert into ${schema}.${table} values ('b', 'x', 'x', 1, 1)`,
      'select * from platform.projection_generation',
      'select * from event_store.events',
      `drop view ${table}`,
    ]) {
      const attempt = context.database.forTenant('b', (client) => client.query(sql))
      await expect(attempt, sql).rejects.toThrow(/permission denied|must be owner/)
    }
    await replica.close()
  })

  test('is refused with a table that is not bound to tenants', async () => {
    const good = sampleProjection({})
    const [withoutSecurity, withoutTenant, openPolicy] = [
      good.tableSql.replace(/alter table[^;]*;/, '').replace(/create policy[^;]*$/, ''),
      good.tableSql.replaceAll('tenant_id', 'owner'),
      good.tableSql.replace(/using \(.*\)$/, 'using (true)'),
    ]
    for (const tableSql of [withoutSecurity, withoutTenant, openPolicy]) {
      const client = await context.database.owner.connect()
      await client.query('begin')
      const attempt = createTables(client, { ...good, tableSql }, 'unbound')
      await expect(attempt).rejects.toThrow('needs tenant_id, row-level security')
      await client.query('rollback')
      client.release()
    }
  })

  test('may have rows of a composite type of its own, which serves several tables', async () => {
    const good = sampleProjection({})
    const tableSql = `${good.tableSql}; create type sample_row as (tenant_id text, id text)`
    const client = await context.database.owner.connect()
    await client.query('begin')
    await createTables(client, { ...good, tableSql, table: 'sample_row' }, 'with_type')
    await expect(
      createTables(client, { ...good, table: 'other_row' }, 'without_type'),
    ).rejects.toThrow('no table or type other_row')
    await client.query('rollback')
    client.release()
  })

  test('reports its lag and what is set aside', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    await vi.waitFor(async () => {
      const text = await replica.metrics.text()
      const labels = `projection="${definition.name}",status="live",service="test"`
      expect(text).toContain(`atrium_projection_lag_positions{${labels}} 0`)
      expect(text).toContain(`atrium_projection_lag_seconds{${labels}} 0`)
      expect(text).toContain(`atrium_projection_parked_events{${labels}} 0`)
    }, 60_000)
    await replica.close()
    await context.append('late', [created('late', 'late'), renamed('late', 'later')])
    const { store, database } = context
    const lags = await readLag({ context: 'instances', store, owner: database.owner })
    const lag = lags.find(({ name }) => name === definition.name)
    expect(lag).toMatchObject({ lagPositions: 2, status: 'live', parked: 0 })
    expect(lag?.lagSeconds).toBeGreaterThan(0)
    expect(lag?.lagSeconds).toBeLessThan(60)
  })
})
