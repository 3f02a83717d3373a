import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { migrateEventStore } from '@atrium/platform/event-store/postgres/migrate.ts'
import { createPostgresEventStore } from '@atrium/platform/event-store/postgres/store.ts'
import type { Topic } from '../bench.ts'
import { newStream, sampleEvent, sampleEvents } from '../event.ts'
import { createMessageDb } from '../peers/message-db.ts'

const events = 200_000
const writeEveryMs = 5

export const topic: Topic = {
  summary: `all of ${events} events in order while others write, a category of one context`,
  async run(bench) {
    const connectionString = await bench.database()
    await migrateEventStore(connectionString)
    const store = createPostgresEventStore({ connectionString })
    bench.onEnd(() => store.close())
    await fill(store)
    const messageDb = await createMessageDb(await bench.database(), 4)
    bench.onEnd(() => messageDb.close())
    await messageDb.fill('bench.thing', events)

    const writingOurs = () => store.append(newStream(), [sampleEvent()], 'none')
    const writingTheirs = () => messageDb.write(newStream(), sampleEvent(), -1)
    await bench.compare({
      name: `replay ${events} events in order while others write`,
      unit: 'events/s',
      ours: () => besideWrites(writingOurs, () => replayOurs(store)),
      peers: [
        {
          name: 'message-db',
          target: 1.75,
          run: () => besideWrites(writingTheirs, () => replayTheirs(messageDb)),
        },
      ],
    })
  },
}

async function fill(store: EventStore) {
  for (let written = 0; written < events; written += 1_000) {
    await Promise.all(
      Array.from({ length: 100 }, () => store.append(newStream(), sampleEvents(10), 'none')),
    )
  }
}

/** Throws where an event is missed or comes twice: our positions are dense. */
async function replayOurs(store: EventStore) {
  let position = 0
  let seen = 0
  for await (const batch of store.readAll()) {
    for (const event of batch) {
      if (event.position !== position + 1) throw new Error(`${event.position} after ${position}`)
      position = event.position
      seen += event.type === '' ? 0 : 1
    }
  }
  return seen
}

async function replayTheirs(messageDb: Awaited<ReturnType<typeof createMessageDb>>) {
  let position = 1
  let seen = 0
  while (seen < events) {
    const batch = await messageDb.category('bench.thing', position, 1_000)
    for (const { type } of batch) seen += type === '' ? 0 : 1
    const last = batch.at(-1)
    if (!last) break
    position = Number(last.global_position) + 1
  }
  return seen
}

/** Events a second of a read, while one append after the other is made at a steady pace. */
async function besideWrites(write: () => Promise<unknown>, read: () => Promise<number>) {
  const state = { reading: true }
  const writing = (async () => {
    while (state.reading) {
      await write()
      await new Promise((resolve) => setTimeout(resolve, writeEveryMs))
    }
  })()
  const startedAt = performance.now()
  const seen = await read()
  const rate = (seen * 1_000) / (performance.now() - startedAt)
  state.reading = false
  await writing
  return rate
}
