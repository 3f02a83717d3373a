import type { ClientBase, QueryConfig } from 'pg'
import { sqlStateOf } from '../database/connection.ts'
import type { Generation } from './generation.ts'
import type { Aside } from './span.ts'

/** Where an event lies that was set aside. */
export interface ParkedRow {
  readonly position: number
  readonly stream: string
  readonly revision: number
  readonly state: 'parked' | 'held'
}

/** Rows of one key that are replayed at a time. */
const rowsMax = 500

/** An error's text is cut here: some quote the whole row. */
const errorLengthMax = 2_000

export function setAsideQuery(
  { projection, generation }: Generation,
  { item, state }: Aside,
): QueryConfig {
  const { event, key, fault } = item
  return {
    name: 'set aside',
    text: `insert into platform.parked_projection_event (projection, generation, position, key,
             stream, revision, event_id, type, tenant, state, error, attempts)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      projection,
      generation,
      event.position,
      key,
      event.stream,
      event.revision,
      event.id,
      event.type,
      event.metadata.tenant,
      state,
      state === 'parked' ? describe(fault) : null,
      state === 'parked' ? 1 : 0,
    ],
  }
}

function describe(fault: unknown) {
  const code = sqlStateOf(fault)
  const text = fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault)
  return `${code ? `${code} ` : ''}${text}`.replaceAll('\0', '').slice(0, errorLengthMax)
}

/** The keys that anything is set aside of. */
export async function readHeldKeys(client: ClientBase, { projection, generation }: Generation) {
  const { rows } = await client.query<{ key: string }>(
    `select distinct key from platform.parked_projection_event
      where projection = $1 and generation = $2`,
    [projection, generation],
  )
  return new Set(rows.map(({ key }) => key))
}

/** The keys whose first event waits no more: an operator wants it tried again, or dropped it. */
export async function readReleasedKeys(client: ClientBase, { projection, generation }: Generation) {
  const { rows } = await client.query<{ key: string }>(
    `select key from (
       select distinct on (key) key, state from platform.parked_projection_event
        where projection = $1 and generation = $2 order by key, position) as first
      where state = 'held'`,
    [projection, generation],
  )
  return rows.map(({ key }) => key)
}

export async function readParkedRows(
  client: ClientBase,
  { projection, generation }: Generation,
  key: string,
): Promise<ParkedRow[]> {
  const { rows } = await client.query<ParkedRow>(
    `select position, stream, revision, state from platform.parked_projection_event
      where projection = $1 and generation = $2 and key = $3
      order by position limit ${rowsMax}`,
    [projection, generation, key],
  )
  return rows
}

export const releaseQuery = (
  { projection, generation }: Generation,
  position: number,
): QueryConfig => ({
  name: 'release parked',
  text: `delete from platform.parked_projection_event
          where projection = $1 and generation = $2 and position = $3`,
  values: [projection, generation, position],
})

export async function parkAgain(
  client: ClientBase,
  { projection, generation }: Generation,
  position: number,
  fault: unknown,
) {
  await client.query(
    `update platform.parked_projection_event
        set state = 'parked', attempts = attempts + 1, error = $4
      where projection = $1 and generation = $2 and position = $3`,
    [projection, generation, position, describe(fault)],
  )
}
