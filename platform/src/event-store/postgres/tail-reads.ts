import { setImmediate as nextTurn } from 'node:timers/promises'
import { StreamTombstoned, type RecordedEvent } from '../port.ts'
import { int8Array, textArray } from './binary-array.ts'
import { endedRevision, type Patience, type Reader } from './reader.ts'
import { columns, recordedEvent, type Row } from './recorded.ts'

export interface TailReads {
  /**
   * The stream's events from a revision on. `tailRowsMax` of them may not be all. Throws
   * StreamTombstoned, StoreUnavailable.
   */
  read(stream: string, from: number): Promise<RecordedEvent[]>
}

/** Rows of one tail; most have none. */
export const tailRowsMax = 50

/** Tails that one statement reads, and statements under way. */
const groupTailsMax = 200
const groupsMax = 2

// Written so that only one plan is left: each tail by the index of streams, as long as its limit.
export const tailsStatement = `
  select tail.number, ${columns}
  from unnest($1::text[], $2::bigint[]) with ordinality as tail(wanted, first, number)
  cross join lateral (
    select ${columns} from event_store.events
    where stream = tail.wanted and revision >= tail.first
    order by revision limit ${tailRowsMax}) as event`

type TailRow = [number: string, ...Row]

interface Waiting {
  readonly stream: string
  readonly from: number
  resolve(events: RecordedEvent[]): void
  reject(error: unknown): void
}

function answer({ stream, resolve, reject }: Waiting, tail: RecordedEvent[]) {
  if (tail.at(-1)?.revision === endedRevision) reject(new StreamTombstoned(stream))
  else resolve(tail)
}

/**
 * What group commit is to appends: reads of tails that come while others are under way go down as
 * one statement. It begins after all of them came, so none of them misses what was written before.
 */
export function createTailReads(reader: Pick<Reader, 'rows'>, patience: Patience): TailReads {
  const waiting: Waiting[] = []
  let groups = 0

  async function run() {
    await nextTurn()
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupTailsMax)
      try {
        const tails = await ask(group)
        for (const [index, entry] of group.entries()) answer(entry, tails[index] ?? [])
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
      // Whoever was just answered brings the next question into the next group.
      await nextTurn()
    }
    groups -= 1
  }

  async function ask(group: readonly Waiting[]): Promise<RecordedEvent[][]> {
    const values = [
      textArray(
        'text',
        group.map(({ stream }) => stream),
      ),
      int8Array(group.map(({ from }) => from)),
    ]
    const statement = { name: 'tails', text: tailsStatement, values }
    const tails: RecordedEvent[][] = group.map(() => [])
    for (const [number, ...row] of await reader.rows<TailRow>(statement, patience)) {
      tails[Number(number) - 1]?.push(recordedEvent(row))
    }
    return tails.map((tail) => tail.sort((one, other) => one.revision - other.revision))
  }

  return {
    read(stream, from) {
      const { promise, resolve, reject } = Promise.withResolvers<RecordedEvent[]>()
      waiting.push({ stream, from, resolve, reject })
      if (groups < groupsMax) {
        groups += 1
        void run()
      }
      return promise
    },
  }
}
