import pg from 'pg'
import { StoreUnavailable, type EventFilter, type RecordedEvent } from '../port.ts'
import { asText, backOff, connectionConfig, isConnectionLoss } from './connection.ts'
import { columns, recordedEvent, type Row } from './recorded.ts'

/** Rows that one page of the whole store has, at most. */
export const pageRowsMax = 2_000
/** Characters of JSON in a page, about: one of large events is followed by a shorter one. */
const pageCharacters = 4 * 1024 * 1024

/** The revision of the marker that ends a stream: see schema.sql. */
export const endedRevision = Number.MAX_SAFE_INTEGER

/** How long a read asks a lost server again: for so many ms, or until the signal is aborted. */
export type Patience = { readonly giveUpAfterMs: number } | { readonly signal: AbortSignal }

export interface AllRange {
  /** Exclusive. */
  readonly after: number
  /** Inclusive. */
  readonly upTo: number
  readonly filter: EventFilter
  readonly pageRows: number
}

export type Reader = ReturnType<typeof createReader>

export function createReader(connectionString: string, connectionsMax: number) {
  const pool = new pg.Pool({ ...connectionConfig(connectionString), max: connectionsMax })
  // An idle connection that breaks is replaced at the next read, which tells if that fails.
  pool.on('error', () => undefined)

  async function rows<Columns extends string[] = [...Row]>(
    query: Statement,
    patience: Patience,
  ): Promise<Columns[]> {
    if (!('signal' in patience)) return await ask(pool, query, patience)
    // A statement under way is not waited for once nobody wants its rows.
    const { promise: none, resolve } = Promise.withResolvers<Columns[]>()
    const stop = () => resolve([])
    patience.signal.addEventListener('abort', stop)
    try {
      return await Promise.race([ask<Columns>(pool, query, patience), none])
    } finally {
      patience.signal.removeEventListener('abort', stop)
    }
  }

  return {
    rows,

    /** The events of the range by position, a page at a time; the next is fetched meanwhile. */
    async *all(range: AllRange, patience: Patience): AsyncGenerator<RecordedEvent[]> {
      const fetch = (after: number, pageRows: number) => ({
        pageRows,
        rows: held(rows(allPage({ ...range, after, pageRows }), patience)),
      })
      let next: ReturnType<typeof fetch> | undefined = fetch(range.after, range.pageRows)
      while (next) {
        const page: Row[] = await next.rows
        const last = page.at(-1)
        if (!last) return
        const isFull: boolean = page.length === next.pageRows
        next = isFull ? fetch(Number(last[0]), nextRows(page, range.pageRows)) : undefined
        yield page.map(recordedEvent)
      }
    },

    async head(filter: EventFilter, patience: Patience): Promise<number> {
      const [row] = await rows(headOf(filter), patience)
      return Number(row?.[0] ?? 0)
    },

    async close() {
      await pool.end()
    },
  }
}

async function ask<Columns extends string[]>(
  pool: pg.Pool,
  query: Statement,
  patience: Patience,
): Promise<Columns[]> {
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await pool.query<Columns>({ ...query, rowMode: 'array', types: asText })
      return result.rows
    } catch (error) {
      if (!isConnectionLoss(error)) throw error
      if ('signal' in patience) {
        if (patience.signal.aborted) return []
        await backOff(attempt, patience.signal)
      } else {
        if (performance.now() - startedAt >= patience.giveUpAfterMs) {
          throw new StoreUnavailable('PostgreSQL does not answer', false, { cause: error })
        }
        await backOff(attempt)
      }
    }
  }
}

/** How many rows like these make a page. */
function nextRows(page: readonly Row[], pageRows: number): number {
  const characters = page.reduce((sum, row) => sum + row[5].length + row[6].length, 0)
  return Math.max(1, Math.min(pageRows, Math.floor((pageCharacters * page.length) / characters)))
}

/** A promise that may be left: whoever awaits it still sees its failure. */
function held<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined)
  return promise
}

interface Statement {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

export function allPage({ after, upTo, filter, pageRows }: AllRange): Statement {
  const { name, condition, values } = conditions(filter, 4)
  return {
    name: `all-page${name}`,
    text: `select ${columns} from event_store.events
      where position > $1 and position <= $2 ${condition} order by position limit $3`,
    values: [after, upTo, pageRows, ...values],
  }
}

export function headOf(filter: EventFilter): Statement {
  const { name, condition, values } = conditions(filter, 1)
  if (values.length === 0) {
    return { name: 'head', text: 'select position from event_store.head', values }
  }
  return {
    name: `head-of${name}`,
    text: `select position from event_store.events
      where position > 0 ${condition} order by position desc limit 1`,
    values,
  }
}

function conditions({ streamPrefixes, types }: EventFilter, firstParameter: number) {
  let name = ''
  let condition = ''
  const values: unknown[] = []
  if (streamPrefixes) {
    name += '-by-prefix'
    condition += ` and stream ^@ any ($${firstParameter + values.length}::text[])`
    values.push(streamPrefixes)
  }
  if (types) {
    name += '-by-type'
    condition += ` and type = any ($${firstParameter + values.length}::text[])`
    values.push(types)
  }
  return { name, condition, values }
}
