import {
  AppendRefused,
  storeGiveUpAfterMs,
  StreamTombstoned,
  type AppendResult,
  type EventStore,
  type SubscribeOptions,
} from '../port.ts'
import { checkAppend, type CheckedAppend } from '../serialise.ts'
import { createAppendQueue } from './append-queue.ts'
import { createHeadWatch, type HeadWatch } from './head-watch.ts'
import { readStreamPages } from './read-stream.ts'
import { createReader, pageRowsMax, type Patience, type Reader } from './reader.ts'
import { createTailReads, tailRowsMax } from './tail-reads.ts'

export interface PostgresEventStoreOptions {
  /** Of the context's database, as its owner; `migrateEventStore` has run there. */
  readonly connectionString: string
  /** How long a lost server is asked again before StoreUnavailable. Subscriptions never give up. */
  readonly giveUpAfterMs?: number
  /** Connections for reads; beside them one for appends, and one for all subscriptions. */
  readonly readConnectionsMax?: number
}

/**
 * The event store on one PostgreSQL database. Connects when it is first used. Positions are dense
 * and become visible in order.
 */
export function createPostgresEventStore(options: PostgresEventStoreOptions): EventStore {
  const { connectionString, giveUpAfterMs = storeGiveUpAfterMs, readConnectionsMax = 4 } = options
  const queue = createAppendQueue(connectionString, giveUpAfterMs)
  const reader = createReader(connectionString, readConnectionsMax)
  const heads = createHeadWatch(connectionString)
  const patience: Patience = { giveUpAfterMs }
  const tails = createTailReads(reader, patience)

  return {
    async append(stream, events, expected) {
      const append = checkAppend(stream, events, expected)
      const outcome = await queue.push(append)
      if (outcome.status === 'appended') return outcome
      if (outcome.status === 'ended') throw new StreamTombstoned(stream)
      return await recognise(reader, append, outcome.last, patience)
    },

    async *readStream(stream, given = {}) {
      let range = given
      const { from = 0, direction, limit } = given
      if (from > 0 && direction !== 'backwards' && limit === undefined) {
        const tail = await tails.read(stream, from)
        yield* tail
        if (tail.length < tailRowsMax) return
        range = { from: from + tail.length }
      }
      for await (const page of readStreamPages(reader, stream, range, patience)) yield* page
    },

    async *readAll({ after = 0, filter = {}, limit = Infinity } = {}) {
      let left = limit
      if (left <= 0) return
      const upTo = await reader.head({}, patience)
      const pageRows = Math.min(left, pageRowsMax)
      for await (const page of reader.all({ after, upTo, filter, pageRows }, patience)) {
        yield page.length > left ? page.slice(0, left) : page
        left -= page.length
        if (left <= 0) return
      }
    },

    subscribe: (subscription) => follow(reader, heads, subscription),

    headPosition: (filter = {}) => reader.head(filter, patience),

    async tombstone(stream) {
      const text = 'select event_store.tombstone($1)'
      await reader.rows({ name: 'tombstone', text, values: [stream] }, patience)
    },

    async close() {
      await Promise.all([queue.close(), heads.close()])
      await reader.close()
    },
  }
}

async function* follow(reader: Reader, heads: HeadWatch, options: SubscribeOptions) {
  const { filter = {}, signal, batchSizeMax = pageRowsMax } = options
  const pageRows = Math.min(batchSizeMax, pageRowsMax)
  let { after } = options
  for (;;) {
    const upTo = await heads.beyond(after, signal)
    if (upTo === undefined) return
    for await (const page of reader.all({ after, upTo, filter, pageRows }, { signal })) {
      if (signal.aborted) return
      yield page
    }
    if (signal.aborted) return
    after = upTo
  }
}

/**
 * An append that was refused may be a repeat: then its own events lie where it wanted them. Streams
 * only grow, so what is read now was decided then.
 */
async function recognise(
  reader: Reader,
  { stream, events, expected }: CheckedAppend,
  last: number,
  patience: Patience,
): Promise<AppendResult> {
  const conflict = { status: 'conflict', actual: last === -1 ? 'none' : last } as const
  const wanted = typeof expected === 'number' ? expected + 1 : 0
  if (expected !== 'any' && wanted + events.length - 1 > last) return conflict

  const columns = 'position, revision, id'
  const rows = await reader.rows<[position: string, revision: string, id: string]>(
    expected === 'any'
      ? {
          name: 'recognise-any',
          text: `select ${columns} from event_store.events
            where any_append and id = any ($1::uuid[]) and stream is not distinct from $2
            order by revision`,
          values: [events.map(({ id }) => id), stream],
        }
      : {
          name: 'recognise',
          text: `select ${columns} from event_store.events
            where stream = $1 and revision between $2 and $3 order by revision`,
          values: [stream, wanted, wanted + events.length - 1],
        },
    patience,
  )
  const revision = Number(rows.at(-1)?.[1])
  const isRepeat =
    rows.length === events.length &&
    rows.every(([, , id], index) => id === events[index]?.id) &&
    revision - Number(rows[0]?.[1]) === events.length - 1
  if (isRepeat) return { status: 'appended', revision, position: Number(rows.at(-1)?.[0]) }
  if (expected !== 'any') return conflict
  throw new AppendRefused('partly-written', `Some of these events are in ${stream} already`)
}
