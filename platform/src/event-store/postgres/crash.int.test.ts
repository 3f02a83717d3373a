import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../servers/embedded-postgres.ts'
import { findFreePort } from '../../servers/free-port.ts'
import { createOrphanGuard } from '../../servers/orphan-guard.ts'
import { createRandom, testSeed } from '../../testkit/random.ts'
import { newEvent, newEvents } from '../conformance/events.ts'
import type { AppendResult, EventStore } from '../port.ts'
import { migrateEventStore } from './migrate.ts'
import { createPostgresEventStore } from './store.ts'

// A PostgreSQL of its own, which syncs every commit and is killed with SIGKILL.

const kills = 3
const callers = 16
const appendsBetweenKills = 600
const seed = testSeed()
const guard = createOrphanGuard()

afterAll(() => guard.close())

async function createServer() {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-crash-'))
  await chmod(folder, 0o711) // PostgreSQL may have to run as another user
  guard.removeAtEnd(folder)
  const options = {
    folder: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    password: randomBytes(16).toString('hex'),
    port: await findFreePort(),
    durable: true,
  }
  return { start: () => startEmbeddedPostgres(options, guard) }
}

interface Acknowledged {
  readonly stream: string
  readonly id: string
  readonly revision: number
}

test(
  `no acknowledged event is lost or doubled when PostgreSQL is killed (SEED=${seed})`,
  { timeout: 120_000 },
  async () => {
    const server = await createServer()
    let running = await server.start()
    const connectionString = running.superuserUrl
    await migrateEventStore(connectionString)
    const store = createPostgresEventStore({ connectionString, giveUpAfterMs: 60_000 })
    const done = new AbortController()
    const followed: number[] = []
    const following = (async () => {
      for await (const batch of store.subscribe({ after: 0, signal: done.signal })) {
        followed.push(...batch.map(({ position }) => position))
      }
    })()

    const acknowledged: Acknowledged[] = []
    for (let kill = 1; kill <= kills; kill += 1) {
      const enough = acknowledged.length + appendsBetweenKills
      const writing = writeUntil(store, acknowledged, enough, seed + kill)
      await expect.poll(() => acknowledged.length).toBeGreaterThan(enough / 2)
      process.kill(running.pid, 'SIGKILL')
      running = await server.start()
      await writing
    }

    await expect.poll(async () => followed.length === (await store.headPosition())).toBe(true)
    done.abort()
    await following
    const all = (await Array.fromAsync(store.readAll())).flat()
    expect(all.map(({ id }) => id).toSorted()).toEqual(acknowledged.map(({ id }) => id).toSorted())
    const byId = new Map(all.map((event) => [event.id, event]))
    for (const { id, ...told } of acknowledged) expect(byId.get(id)).toMatchObject(told)
    expect(followed).toEqual(all.map(({ position }) => position))
    expect(followed).toEqual(followed.map((_, index) => index + 1))
    await store.close()
    await running.stop()
  },
)

async function writeUntil(
  store: EventStore,
  acknowledged: Acknowledged[],
  enough: number,
  callersSeed: number,
) {
  const random = createRandom(callersSeed)
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const own = `test.own${caller}-t:${callersSeed}`
      for (let revision = -1; acknowledged.length < enough;) {
        const events = newEvents(random.integer(1, 3))
        const any = random.chance(0.3)
        const stream = any ? 'test.any-t:1' : own
        const expected = any ? 'any' : revision < 0 ? 'none' : revision
        const result = written(await store.append(stream, events, expected))
        const first = result.revision - events.length + 1
        for (const [n, { id }] of events.entries()) {
          acknowledged.push({ stream, id, revision: first + n })
        }
        if (!any) revision = result.revision
      }
    }),
  )
}

function written(result: AppendResult) {
  if (result.status === 'conflict') throw new Error(`A conflict, at ${result.actual}`)
  return result
}

test('a server that is away for longer than the limit is unavailable, and nothing was sent', async () => {
  const connectionString = `postgres://nobody@127.0.0.1:${await findFreePort()}/nothing`
  const store = createPostgresEventStore({ connectionString, giveUpAfterMs: 300 })
  const unavailable = { name: 'StoreUnavailable', maybeWritten: false }
  const appending = store.append('test.away-t:1', [newEvent()], 'none')
  await expect(appending).rejects.toMatchObject(unavailable)
  const reading = Array.fromAsync(store.readStream('test.away-t:1'))
  await expect(reading).rejects.toMatchObject(unavailable)
  await store.close()
})
