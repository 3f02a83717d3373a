import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRandom, testSeed } from '../../testkit/random.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/test-servers.ts'
import type { EventStore, RecordedEvent } from '../port.ts'
import type { OrderTask } from './order-writer-process.ts'
import { migrateEventStore } from './migrate.ts'
import { createPostgresEventStore } from './store.ts'

/** ORDER_EVENTS=200000 for the long run. */
const events = Number(process.env['ORDER_EVENTS'] ?? 20_000)
const limitMs = 60_000 + events * 3
const processes = 3
const seed = testSeed()

let database: TestDatabase
let store: EventStore

beforeEach(async () => {
  database = await createTestDatabase()
  // As many processes do that start together.
  await Promise.all(Array.from({ length: 4 }, () => migrateEventStore(database.ownerUrl)))
  store = createPostgresEventStore({ connectionString: database.ownerUrl })
})

afterEach(async () => {
  await store.close()
  await database.drop()
})

test(
  `readers beside ${processes} writers miss and misorder none of ${events} (SEED=${seed})`,
  { timeout: limitMs },
  async () => {
    const done = new AbortController()
    const readers = [followOnce(done.signal), followWithRestarts(done.signal), poll(done.signal)]
    const written = (await Promise.all(workers())).flat()
    const head = await store.headPosition()
    const complete = Promise.all(readers.map(({ reached }) => reached(head)))
    await Promise.race([complete, once(AbortSignal.timeout(limitMs), 'abort')])
    done.abort()

    expect(written.length).toBeGreaterThanOrEqual(events)
    expect(head).toBe(written.length)
    for (const { name, seen, ended } of readers) {
      await ended
      expect(firstOutOfOrder(seen), `${name}: positions without gap`).toBeUndefined()
      expect(seen.length, name).toBe(head)
      expect(new Set(seen.map(({ id }) => id)), name).toEqual(new Set(written))
    }
    expect(revisionGap(readers[0]?.seen ?? [])).toBeUndefined()
  },
)

const workers = () =>
  Array.from({ length: processes }, async (_, index): Promise<string[]> => {
    const script = fileURLToPath(new URL('./order-writer-process.ts', import.meta.url))
    const task: OrderTask = {
      connectionString: database.ownerUrl,
      seed: seed + index,
      events: Math.ceil(events / processes),
    }
    const child = fork(script, [JSON.stringify(task)], { execArgv: [] })
    const crashed = once(child, 'exit').then(([code]) => {
      throw new Error(`A writer ended with code ${String(code)}`)
    })
    const [ids] = (await Promise.race([once(child, 'message'), crashed])) as [string[]]
    crashed.catch(() => undefined)
    return ids
  })

interface Seen {
  readonly position: number
  readonly id: string
  readonly stream: string
  readonly revision: number
}

/** A reader that runs until it is aborted, and notes what it sees. */
function reader(
  name: string,
  run: (note: (batch: readonly RecordedEvent[]) => void) => Promise<void>,
) {
  const seen: Seen[] = []
  let wanted = Infinity
  const arrived = Promise.withResolvers<void>()
  const check = () => (seen.at(-1)?.position ?? 0) >= wanted && arrived.resolve()
  const ended = run((batch) => {
    for (const { position, id, stream, revision } of batch) {
      seen.push({ position, id, stream, revision })
    }
    check()
  })
  const reached = (position: number) => {
    wanted = position
    check()
    return arrived.promise
  }
  return { name, seen, ended, reached }
}

const followOnce = (signal: AbortSignal) =>
  reader('a subscription', async (note) => {
    for await (const batch of store.subscribe({ after: 0, signal })) note(batch)
  })

const followWithRestarts = (signal: AbortSignal) =>
  reader('a subscription that begins again and again', async (note) => {
    const random = createRandom(seed)
    for (let after = 0; !signal.aborted;) {
      const batchSizeMax = random.integer(1, 300)
      for await (const batch of store.subscribe({ after, signal, batchSizeMax })) {
        note(batch)
        after = batch.at(-1)?.position ?? after
        if (random.chance(0.1)) break
      }
    }
  })

const poll = (signal: AbortSignal) =>
  reader('a reader that polls', async (note) => {
    for (let after = 0; !signal.aborted;) {
      for await (const batch of store.readAll({ after })) {
        note(batch)
        after = batch.at(-1)?.position ?? after
      }
    }
  })

const firstOutOfOrder = (seen: readonly Seen[]) =>
  seen.find(({ position }, index) => position !== index + 1)

function revisionGap(seen: readonly Seen[]) {
  const next = new Map<string, number>()
  return seen.find(({ stream, revision }) => {
    const expected = next.get(stream) ?? 0
    next.set(stream, expected + 1)
    return revision !== expected
  })
}
