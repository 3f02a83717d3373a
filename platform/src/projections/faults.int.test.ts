import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  createProjectionContext,
  created,
  purged,
  renamed,
  sampleProjection,
  type ProjectionContext,
} from '../testkit/projection-context.ts'
import { testProjection } from '../testkit/projection.ts'
import {
  dropParkedProjectionEvent,
  listParkedProjectionEvents,
  listProjections,
  retryParkedProjectionEvent,
} from './operate.ts'
import { replayEqualsLive } from './replay.ts'

let context: ProjectionContext
let admin: Client

beforeAll(async () => {
  context = await createProjectionContext()
  admin = new Client({ connectionString: context.urls.adminUrl })
  await admin.connect()
})

afterAll(async () => {
  await admin.end()
  await context.close()
})

type Definition = ReturnType<typeof sampleProjection>

const isEqualToReplay = async (definition: Definition) => {
  const { store, database } = context
  return await replayEqualsLive(database, store, definition, 'instances')
}

async function rowOf({ table }: Definition, id: string) {
  return await context.database.forTenant(
    'a',
    async (client) => {
      const text = `select name, version from ${table} where id = $1`
      return (await client.query<{ name: string; version: number }>(text, [id])).rows[0]
    },
    { readOnly: true },
  )
}

const statusOf = async ({ name }: Definition) =>
  (await listProjections(context.database.owner)).find((each) => each.name === name)

const parkedOf = async ({ name }: Definition) =>
  (await listParkedProjectionEvents(context.database.owner)).filter(
    ({ projection }) => projection === name,
  )

/** Ends the server's side of connections whose name is like this; tells how many. */
async function terminate(name: string, condition = 'true') {
  const { rowCount } = await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = $1 and application_name like $2 and ${condition}`,
    [context.urls.name, name.slice(0, 63)],
  )
  return rowCount ?? 0
}

describe('a projection under faults', () => {
  test('loses and doubles nothing when its connection dies between a batch and its commit', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    const before = await context.append('held', [created('held', 'one')])
    await replica.waitFor(before)

    const blocker = await context.database.connect('blocker')
    const { schema = '' } = (await statusOf(definition)) ?? {}
    await blocker.query('begin')
    await blocker.query(`select from ${schema}.${definition.table} where id = 'held' for update`)
    const position = await context.append('held', [renamed('held', 'two')])
    // The checkpoint is moved and the rows wait for the lock: exactly there the connection ends.
    await vi.waitFor(
      async () =>
        expect(await terminate(`%projection ${definition.name}%`, `wait_event_type = 'Lock'`)).toBe(
          1,
        ),
      { timeout: 60_000 },
    )
    expect((await statusOf(definition))?.position).toBe(before)
    await blocker.query('commit')
    await blocker.end()
    await replica.waitFor(position)
    expect(await rowOf(definition, 'held')).toEqual({ name: 'two', version: 2 })
    await replica.close()
  })

  test('is equal to a replay after connections were cut at random under load', async () => {
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
    console.info(`seed ${seed}`)
    const random = createRandom(seed)
    const definition = sampleProjection({})
    const [first, second] = [
      await context.replica([definition]),
      await context.replica([definition]),
    ]
    await Promise.all([first.start(), second.start()])
    let position = 0
    for (let round = 0; round < 150; round += 1) {
      const id = `cut-${Math.floor(random() * 20)}`
      const events = [created(id, 'first'), renamed(id, `name ${round}`), purged(id)]
      position = await context.append(id, events.slice(0, 1 + Math.floor(random() * 3)))
      if (random() < 0.1) {
        await terminate(random() < 0.5 ? `%leader ${definition.name}%` : `%${definition.name}%`)
      }
    }
    await first.waitFor(position, { timeoutMs: 60_000 })
    await second.waitFor(position, { timeoutMs: 60_000 })
    expect(await isEqualToReplay(definition)).toMatchObject({ equal: true, differences: [] })
    await first.close()
    await second.close()
  })

  test('goes on in another process when the one that leads is gone', async () => {
    const definition = sampleProjection({})
    const [first, second] = [
      await context.replica([definition]),
      await context.replica([definition]),
    ]
    await first.start()
    await second.start()
    await first.close()
    const position = await context.append('over', [created('over', 'taken over')])
    await second.waitFor(position)
    expect(await rowOf(definition, 'over')).toEqual({ name: 'taken over', version: 1 })
    await second.close()
  })

  test('loses and doubles nothing when two processes believe that they lead', async () => {
    const definition = sampleProjection({})
    const [first, second] = [
      await context.replica([definition]),
      await context.replica([definition]),
    ]
    await first.start()
    await second.start()
    // Without its lock's connection the first hears of it late; both write for a while.
    let position = 0
    for (let round = 0; round < 60; round += 1) {
      position = await context.append(`two-${round % 5}`, [
        created(`two-${round % 5}`, 'x'),
        renamed(`two-${round % 5}`, `round ${round}`),
      ])
      if (round % 20 === 10) await terminate(`%leader ${definition.name}%`)
    }
    await second.waitFor(position, { timeoutMs: 60_000 })
    expect(await rowOf(definition, 'two-4')).toEqual({ name: 'round 59', version: 13 })
    expect(await isEqualToReplay(definition)).toMatchObject({ equal: true })
    await first.close()
    await second.close()
  })

  test('leaves the same rows when every event comes again', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    const events = [created('again', 'a'), renamed('again', 'b'), renamed('again', 'c')]
    const position = await context.append('again', events)
    await replica.waitFor(position)
    await replica.close()
    await context.database.owner.query(
      'update platform.projection_generation set position = 0 where projection = $1',
      [definition.name],
    )
    const restarted = await context.replica([definition])
    await restarted.start()
    await restarted.waitFor(position)
    expect(await rowOf(definition, 'again')).toEqual({ name: 'c', version: 3 })
    expect(await isEqualToReplay(definition)).toMatchObject({ equal: true })
    await restarted.close()
  })
})

describe('an event that cannot be applied', () => {
  test('is set aside with the later ones of its key, while others flow', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    await context.append('fine', [created('fine', 'a')])
    await context.append('bad', [created('bad', 'a')])
    const poison = await context.append('bad', [renamed('bad', 'poison')])
    const later = await context.append('bad', [renamed('bad', 'later')])
    const position = await context.append('fine', [renamed('fine', 'b')])
    await replica.waitFor(position)
    expect(await rowOf(definition, 'fine')).toEqual({ name: 'b', version: 2 })
    expect(await rowOf(definition, 'bad')).toEqual({ name: 'a', version: 1 })
    expect(await parkedOf(definition)).toMatchObject([
      {
        position: poison,
        tenant: 'a',
        type: 'InstanceRenamed',
        attempts: 1,
        held: 1,
        error: expect.stringContaining('check constraint') as string,
      },
    ])
    // Who wrote it is told that it does not show; nobody else waits.
    for (const stale of [poison, later]) {
      await expect(replica.waitFor(stale, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'not-yet-consistent',
      })
    }
    expect(await replica.metrics.text()).toMatch(
      new RegExp(`atrium_projection_parked_events\\{projection="${definition.name}".*\\} 1`),
    )

    // Still held after a restart.
    await replica.close()
    const restarted = await context.replica([definition])
    await restarted.start()
    await restarted.waitFor(await context.append('fine', [renamed('fine', 'c')]))
    expect(await rowOf(definition, 'bad')).toEqual({ name: 'a', version: 1 })

    // Tried again in vain, then given up: the later one is applied.
    const { owner } = context.database
    expect(await retryParkedProjectionEvent(owner, definition.name, poison)).toBe(true)
    await vi.waitFor(
      async () => expect(await parkedOf(definition)).toMatchObject([{ attempts: 2, held: 1 }]),
      { timeout: 60_000 },
    )
    expect(await dropParkedProjectionEvent(owner, definition.name, poison)).toBe(true)
    await restarted.waitFor(later, { timeoutMs: 60_000 })
    expect(await rowOf(definition, 'bad')).toEqual({ name: 'later', version: 2 })
    expect(await parkedOf(definition)).toEqual([])
    await restarted.waitFor(await context.append('bad', [renamed('bad', 'again')]))
    expect(await rowOf(definition, 'bad')).toEqual({ name: 'again', version: 3 })
    await restarted.close()
  })

  test('is applied in order when it is tried again after the mend', async () => {
    const definition = sampleProjection({})
    const replica = await context.replica([definition])
    await replica.start()
    const poison = await context.append('mend', [created('mend', 'a'), renamed('mend', 'poison')])
    const last = await context.append('mend', [renamed('mend', 'z')])
    await replica.waitFor(await context.append('other', [created('other', 'o')]))
    const { schema = '' } = (await statusOf(definition)) ?? {}
    await context.database.owner.query(
      `alter table ${schema}.${definition.table} drop constraint ${definition.table}_name_check`,
    )
    await retryParkedProjectionEvent(context.database.owner, definition.name, poison)
    await replica.waitFor(last, { timeoutMs: 60_000 })
    expect(await rowOf(definition, 'mend')).toEqual({ name: 'z', version: 3 })
    await replica.close()
  })

  test('is found among a thousand of one batch, whether SQL or code refuses it', async () => {
    const definition = sampleProjection({})
    const bad = new Set([3, 77, 400, 401, 999])
    let position = 0
    for (let index = 0; index < 1_000; index += 1) {
      const id = `many-${index}`
      const name = index % 2 === 0 ? 'throw' : 'poison'
      position = await context.append(id, [
        created(id, 'a'),
        ...(bad.has(index) ? [renamed(id, name)] : []),
      ])
    }
    const replica = await context.replica([definition])
    await replica.start()
    await expect.poll(async () => (await statusOf(definition))?.position).toBe(position)
    const parked = (await parkedOf(definition)).filter(({ stream }) => stream.includes(':many-'))
    expect(parked.map(({ stream }) => Number(stream.split('many-')[1]))).toEqual([...bad])
    expect(await rowOf(definition, 'many-998')).toEqual({ name: 'a', version: 1 })
    await replica.close()
  })
})

describe('the projection test kit', () => {
  const events = [created('i', 'a'), renamed('i', 'b'), purged('i'), created('j', 'c')]

  test('gives the rows after the events', async () => {
    const definition = sampleProjection({})
    const { owner } = context.database
    const kit = { owner, context: 'instances', definition } as const
    expect(await testProjection({ ...kit, given: events })).toEqual([
      { tenant_id: 'default', id: 'j', name: 'c', version: 1, revision: 3 },
    ])
    const other = { event: created('k', 'k'), tenant: 'other', id: '2' }
    expect(await testProjection({ ...kit, given: [other] })).toMatchObject([
      { tenant_id: 'other', id: 'k', revision: 0 },
    ])
  })

  test('fails for a write that shows redelivery', async () => {
    const sound = sampleProjection({})
    const { InstanceRenamed } = sound.on
    if (!InstanceRenamed) throw new Error('the sample renames')
    const sql = InstanceRenamed.sql.replace('and t.revision < rows.revision', '')
    const definition = {
      ...sound,
      on: { ...sound.on, InstanceRenamed: { ...InstanceRenamed, sql } },
    }
    const { owner } = context.database
    const attempt = testProjection({
      owner,
      context: 'instances',
      definition,
      given: events.slice(0, 2),
    })
    await expect(attempt).rejects.toThrow('differs when events are applied each one twice')
  })
})

/** mulberry32: the same numbers for the same seed. */
function createRandom(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
