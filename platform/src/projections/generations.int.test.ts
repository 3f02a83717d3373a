import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  createProjectionContext,
  created,
  renamed,
  sampleProjection,
  type ProjectionContext,
} from '../testkit/projection-context.ts'
import {
  listProjections,
  requestRebuild,
  requestRollback,
  type ProjectionStatus,
} from './operate.ts'
import { replayEqualsLive } from './replay.ts'

let context: ProjectionContext

beforeAll(async () => {
  context = await createProjectionContext()
})

afterAll(() => context.close())

const generationsOf = async (name: string) =>
  (await listProjections(context.database.owner)).filter((each) => each.name === name)

const briefly = ({ generation, version, status }: ProjectionStatus) =>
  `${generation} v${version} ${status}`

const untilGenerations = (name: string, expected: readonly string[]) =>
  vi.waitFor(async () => expect((await generationsOf(name)).map(briefly)).toEqual(expected), {
    timeout: 60_000,
    interval: 20,
  })

async function countOf(table: string) {
  return await context.database.forTenant(
    'a',
    async (client) => {
      const { rows } = await client.query<{ count: number }>(`select count(*) from ${table}`)
      return rows[0]?.count ?? -1
    },
    { readOnly: true },
  )
}

/** Appends and reads without a pause until it is ended; tells what the readers saw. */
function startLoad(table: string) {
  const ending = new AbortController()
  let written = 0
  const counts: number[] = []
  async function write() {
    while (!ending.signal.aborted) {
      const id = `load-${written}`
      await context.append(id, [created(id, 'new'), renamed(id, 'newer')])
      written += 1
    }
  }
  async function read() {
    while (!ending.signal.aborted) counts.push(await countOf(table))
  }
  const done = Promise.all([write(), read()])
  done.catch(() => {}) // met by end()
  return {
    async end() {
      ending.abort()
      await done
      return { counts, written }
    },
  }
}

describe('a generation', () => {
  test('is built beside the live one under load, and readers see neither gap nor half', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    let position = 0
    for (let index = 0; index < 200; index += 1) {
      position = await context.append(`old-${index}`, [created(`old-${index}`, 'old')])
    }
    await replica.start()
    await replica.waitFor(position)
    expect(await countOf(definition.table)).toBeGreaterThanOrEqual(200)

    const load = startLoad(definition.table)
    await requestRebuild(context.database.owner, definition.name)
    await untilGenerations(definition.name, ['1 v1 retired', '2 v1 live'])
    await requestRebuild(context.database.owner, definition.name)
    await untilGenerations(definition.name, ['2 v1 retired', '3 v1 live'])
    await requestRollback(context.database.owner, definition.name)
    await untilGenerations(definition.name, ['2 v1 live', '3 v1 retired'])
    const { counts, written } = await load.end()

    expect(written).toBeGreaterThan(10)
    expect(counts.length).toBeGreaterThan(10)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b)) // nobody went back in time
    expect(counts[0]).toBeGreaterThanOrEqual(200)

    await replica.waitFor(await context.append('last', [created('last', 'last')]))
    const { store, database } = context
    const compared = await replayEqualsLive(database, store, definition, 'instances')
    expect(compared).toMatchObject({ equal: true, differences: [] })
    expect(compared.rows).toBeGreaterThanOrEqual(200 + written)
    await replica.close()
  })

  test('of an earlier time goes on being followed, so that a rollback loses nothing', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    await requestRebuild(context.database.owner, definition.name)
    await untilGenerations(definition.name, ['1 v1 retired', '2 v1 live'])
    const position = await context.append('after', [created('after', 'after')])
    await replica.waitFor(position)
    await requestRollback(context.database.owner, definition.name)
    await untilGenerations(definition.name, ['1 v1 live', '2 v1 retired'])
    await replica.waitFor(position)
    const [{ position: rolledBackTo } = { position: 0 }] = await generationsOf(definition.name)
    expect(rolledBackTo).toBeGreaterThanOrEqual(position)
    const next = await context.append('after', [renamed('after', 'still followed')])
    await replica.waitFor(next)
    const { store, database } = context
    expect(await replayEqualsLive(database, store, definition, 'instances')).toMatchObject({
      equal: true,
    })
    await replica.close()
  })

  test('of a raised version is built by the new code while the old code serves', async () => {
    const old = sampleProjection({})
    const oldReplica = await context.replica([old])
    await oldReplica.start()
    await oldReplica.waitFor(await context.append('v', [created('v', 'v')]))

    const next = sampleProjection({ name: old.name, version: 2, check: '' })
    const newReplica = await context.replica([next])
    await newReplica.start() // readable in the new version when it returns
    expect((await generationsOf(old.name)).map(briefly)).toEqual(['1 v1 retired', '2 v2 live'])

    const position = await context.append('v', [renamed('v', 'poison')]) // only the old one refuses
    await newReplica.waitFor(position)
    expect(await countOf(old.table)).toBeGreaterThan(0)

    // The old code, started again, neither builds its own anew nor writes to the new one's tables.
    await oldReplica.close()
    const oldAgain = await context.replica([old])
    await oldAgain.start()
    await newReplica.waitFor(await context.append('w', [created('w', 'w')]))
    expect((await generationsOf(old.name)).map(briefly)).toEqual(['1 v1 retired', '2 v2 live'])
    await oldAgain.close()
    await newReplica.close()
  })

  test('is refused where the SQL changed and the version did not', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    await replica.close()
    const changed = { ...definition, tableSql: `${definition.tableSql}; select 1` }
    const again = await context.replica([changed])
    await expect(again.start()).rejects.toThrow('has changed: raise its version')
    await again.close()
  })

  test('cannot be gone back to where none is kept, nor rebuilt where there is no projection', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    const { owner } = context.database
    await expect(requestRollback(owner, definition.name)).rejects.toThrow('no earlier generation')
    await expect(requestRebuild(owner, 'nothing')).rejects.toThrow('there is no projection')
    await replica.close()
  })

  test('that differs from the events is found by a replay', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    await replica.waitFor(await context.append('tampered', [created('tampered', 'right')]))
    const { store, database } = context
    const [{ schema } = { schema: '' }] = await generationsOf(definition.name)
    await database.owner.query(
      `update ${schema}.${definition.table} set name = 'wrong' where id = 'tampered'`,
    )
    const compared = await replayEqualsLive(database, store, definition, 'instances')
    expect(compared.equal).toBe(false)
    expect(compared.differences).toEqual([
      { table: definition.table, side: 'live', row: expect.stringContaining('wrong') as string },
      { table: definition.table, side: 'replay', row: expect.stringContaining('right') as string },
    ])
    await replica.close()
  })
})
