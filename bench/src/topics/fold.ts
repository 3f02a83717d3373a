import { migrateEventStore } from '@atrium/platform/event-store/postgres/migrate.ts'
import { createPostgresEventStore } from '@atrium/platform/event-store/postgres/store.ts'
import type { Topic } from '../bench.ts'
import { sampleEvent, sampleEvents } from '../event.ts'
import { createMessageDb } from '../peers/message-db.ts'

const length = 10_000
const stream = 'bench.long-default:1'

interface Renamed {
  readonly name: string
}

/** Both sides parse every event's data, as a fold has to. */
const evolve = (state: { letters: number }, data: Renamed) => {
  state.letters += data.name.length
}

export const topic: Topic = {
  summary: `one stream of ${length} events, folded into a state`,
  async run(bench) {
    const connectionString = await bench.database()
    await migrateEventStore(connectionString)
    const store = createPostgresEventStore({ connectionString })
    bench.onEnd(() => store.close())
    const messageDb = await createMessageDb(await bench.database(), 1)
    bench.onEnd(() => messageDb.close())
    for (let n = 0; n < length; n += 1_000) await store.append(stream, sampleEvents(1_000), 'any')
    for (let n = 0; n < length; n += 1) await messageDb.write(stream, sampleEvent(), n - 1)

    const rate = async (fold: () => Promise<number>) => {
      const startedAt = performance.now()
      const repeats = 5
      for (let n = 0; n < repeats; n += 1) {
        if ((await fold()) !== length * 24) throw new Error('The fold missed an event')
      }
      return (repeats * length * 1_000) / (performance.now() - startedAt)
    }
    await bench.compare({
      name: `fold one stream of ${length} events`,
      unit: 'events/s',
      ours: () =>
        rate(async () => {
          const state = { letters: 0 }
          for await (const { data } of store.readStream(stream)) evolve(state, data as Renamed)
          return state.letters
        }),
      peers: [
        {
          name: 'message-db',
          target: 1.5,
          run: () =>
            rate(async () => {
              const state = { letters: 0 }
              for (let position = 0; position < length; position += 1_000) {
                for (const { data } of await messageDb.stream(stream, position, 1_000)) {
                  evolve(state, JSON.parse(data) as Renamed)
                }
              }
              return state.letters
            }),
        },
      ],
    })
  },
}
