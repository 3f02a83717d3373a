import { StreamTombstoned, type ReadStreamOptions, type RecordedEvent } from '../port.ts'
import { endedRevision, type Patience, type Reader } from './reader.ts'
import { columns, recordedEvent, type Row } from './recorded.ts'

const pageRowsMax = 1_000

// The marker of an ended stream comes with every page, wherever the page begins.
const page = (order: string, range: string) => `
  select ${columns} from event_store.events
    where stream = $1 and revision = ${endedRevision}
  union all (
    select ${columns} from event_store.events
      where stream = $1 and ${range} and revision < ${endedRevision}
      order by revision ${order} limit $3)`

export const streamStatements = {
  forwards: page('asc', 'revision >= $2'),
  backwards: page('desc', 'revision <= $2'),
}

/** One stream's events, a page at a time; the next page is fetched meanwhile. */
export async function* readStreamPages(
  reader: Reader,
  stream: string,
  options: ReadStreamOptions,
  patience: Patience,
): AsyncGenerator<RecordedEvent[]> {
  const { direction = 'forwards', limit = Infinity } = options
  const step = direction === 'forwards' ? 1 : -1
  let from = options.from ?? (direction === 'forwards' ? 0 : endedRevision)
  let left = limit

  const fetch = () => {
    const count = Math.min(left, pageRowsMax)
    const values = [stream, from, count]
    const text = streamStatements[direction]
    const rows = reader.rows({ name: `stream-${direction}`, text, values }, patience)
    // Whoever awaits it still sees its failure; a reader that stops early does not.
    rows.catch(() => undefined)
    return { rows, count }
  }

  for (let next = left > 0 ? fetch() : undefined; next;) {
    const rows: Row[] = await next.rows
    if (rows.some((row) => row[4] === '$tombstone')) throw new StreamTombstoned(stream)
    const last = rows.at(-1)
    if (!last) return
    left -= rows.length
    from = Number(last[2]) + step
    next = rows.length === next.count && left > 0 && from >= 0 ? fetch() : undefined
    yield rows.map(recordedEvent)
  }
}
