import { migrateEventStore } from '@atrium/platform/event-store/postgres/migrate.ts'
import { createPostgresEventStore } from '@atrium/platform/event-store/postgres/store.ts'
import { rateOf, type Bench, type Peer, type Topic } from '../bench.ts'
import { newStream, sampleEvent, sampleEvents } from '../event.ts'
import { createEmmett } from '../peers/emmett.ts'
import { createMessageDb } from '../peers/message-db.ts'
import { pgbenchInserts } from '../peers/pgbench.ts'
import { createRawInsert } from '../peers/plain-table.ts'

const roundMs = 2_000

type RawInsert = Awaited<ReturnType<typeof createRawInsert>>

export const topic: Topic = {
  summary: 'appends a second with the version checked and dense positions, on one connection',
  async run(bench) {
    const connectionString = await bench.database()
    await migrateEventStore(connectionString)
    const store = createPostgresEventStore({ connectionString })
    bench.onEnd(() => store.close())
    const rawUrl = await bench.database()
    const raw = await createRawInsert(rawUrl, 64)
    bench.onEnd(() => raw.close())
    const peers = await namedPeers(bench, rawUrl, raw)

    for (const callers of [64, 16, 1]) {
      for (const count of [1, 10, 100]) {
        await bench.compare({
          name: `append, ${callers} callers × ${count} events, new streams`,
          unit: 'events/s',
          ours: () =>
            eventsRate(callers, count, () =>
              store.append(newStream(), sampleEvents(count), 'none'),
            ),
          peers: peers(callers, count),
        })
      }
    }
    let revision = 0
    await bench.compare({
      name: 'append, 64 callers, one hot stream, any version',
      unit: 'events/s',
      ours: () =>
        rateOf(64, roundMs, async () => {
          const result = await store.append('bench.hot-default:1', [sampleEvent()], 'any')
          if (result.status === 'conflict') throw new Error('A conflict without an expectation')
        }),
      peers: [
        {
          name: 'raw INSERT',
          target: 1.5,
          run: () =>
            rateOf(64, roundMs, () =>
              raw.append('bench.hot-default:1', [sampleEvent()], revision++),
            ),
        },
      ],
    })
  },
}

const eventsRate = async (callers: number, count: number, append: () => Promise<unknown>) =>
  (await rateOf(callers, roundMs, append)) * count

/** Who stands beside us in which of the cases. */
async function namedPeers(bench: Bench, rawUrl: string, raw: RawInsert) {
  const emmett = await createEmmett(await bench.database())
  bench.onEnd(() => emmett.close())
  const messageDb = await createMessageDb(await bench.database(), 1)
  bench.onEnd(() => messageDb.close())

  const rawInserts = (callers: number, count: number): Peer => {
    const targets: Record<string, number> = { '16 × 1': 1.2, '16 × 100': 0.8 }
    const target = targets[`${callers} × ${count}`]
    return {
      name: 'raw INSERT',
      ...(target === undefined ? {} : { target }),
      run: () => eventsRate(callers, count, () => raw.append(newStream(), sampleEvents(count), 0)),
    }
  }
  const emmettOf = (callers: number, target: number): Peer => ({
    name: 'Emmett',
    target,
    run: () => eventsRate(callers, 1, () => emmett.append(newStream(), sampleEvents(1))),
  })
  const pgbench: Peer = {
    name: 'pgbench',
    target: 1.5,
    run: () => pgbenchInserts(rawUrl, 64, roundMs / 1_000),
  }
  const messageDbWrite: Peer = {
    name: 'message-db',
    target: 0.9,
    run: () => rateOf(1, roundMs, () => messageDb.write(newStream(), sampleEvent(), -1)),
  }

  return (callers: number, count: number): Peer[] => [
    ...(callers === 64 && count === 1 ? [pgbench] : []),
    ...(callers === 16 && count === 1 ? [emmettOf(16, 5)] : []),
    ...(callers === 1 && count === 1 ? [messageDbWrite, emmettOf(1, 2)] : []),
    rawInserts(callers, count),
  ]
}
