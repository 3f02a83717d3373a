import pg from 'pg'
import type { NewEvent } from '@atrium/platform/event-store/port.ts'
import { withClient } from '../servers.ts'

/** Events as one would first store them: unordered positions, versions by a unique index alone. */
export const plainTable = `
  create table events (
    position bigserial primary key,
    stream text not null,
    revision bigint not null,
    id uuid not null,
    type text not null,
    data json not null,
    metadata json not null,
    recorded_at timestamptz not null default now(),
    unique (stream, revision)
  )`

/** One prepared INSERT per append, on as many connections as there are callers. */
export async function createRawInsert(url: string, connections: number) {
  await withClient(url, (client) => client.query(plainTable))
  const pool = new pg.Pool({ connectionString: url, max: connections })
  return {
    append(stream: string, events: readonly NewEvent[], firstRevision: number) {
      const values = events.flatMap((event, index) => [
        stream,
        firstRevision + index,
        event.id,
        event.type,
        JSON.stringify(event.data),
        JSON.stringify(event.metadata),
      ])
      const text = insertOf(events.length)
      return pool.query({ name: `insert-${events.length}`, text, values })
    },
    close: () => pool.end(),
  }
}

const columns = ['stream', 'revision', 'id', 'type', 'data', 'metadata']
const statements = new Map<number, string>()

function insertOf(count: number) {
  let text = statements.get(count)
  if (!text) {
    const tuples = Array.from(
      { length: count },
      (_, row) => `(${columns.map((_name, at) => `$${row * columns.length + at + 1}`).join(', ')})`,
    )
    text = `insert into events (${columns.join(', ')}) values ${tuples.join(', ')}`
    statements.set(count, text)
  }
  return text
}
