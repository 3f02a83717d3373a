import type { Context } from '@atrium/contracts/context.ts'
import type { ClientBase, QueryConfig } from 'pg'
import { escapeIdentifier } from 'pg'
import type { Database } from '../database/database.ts'
import type { EventStore } from '../event-store/port.ts'
import { itemsOf, queriesOf } from './batch.ts'
import { createTables, readGenerations } from './generation.ts'
import type { ProjectionDefinition } from './projection.ts'
import { applySpan, type SpanPlan } from './span.ts'

export interface ReplayComparison {
  readonly equal: boolean
  /** The live generation's checkpoint, up to which the replay went. */
  readonly position: number
  readonly rows: number
  /** Some of the rows that only one side has, as text. */
  readonly differences: readonly {
    readonly table: string
    readonly side: 'live' | 'replay'
    readonly row: string
  }[]
}

/** Differences told. */
const differencesMax = 20

/** The schema in which the replay happens. Others never see it: it ends with its transaction. */
const replaySchema = 'projection_replay'

/**
 * Builds a projection anew from the events and compares all its rows with the live ones, at the
 * live one's checkpoint. In one transaction that is rolled back: writers go on, nothing is left
 * behind.
 */
export async function replayEqualsLive(
  database: Pick<Database, 'owner'>,
  store: EventStore,
  definition: ProjectionDefinition<never>,
  context: Context,
): Promise<ReplayComparison> {
  const client = await database.owner.connect()
  try {
    await client.query('begin isolation level repeatable read')
    return await compare(client, store, definition, context)
  } finally {
    await client.query('rollback').catch(() => {})
    client.release()
  }
}

async function compare(
  client: ClientBase,
  store: EventStore,
  definition: ProjectionDefinition,
  context: Context,
): Promise<ReplayComparison> {
  const generations = await readGenerations(client, definition.name)
  const live = generations.find(({ status }) => status === 'live')
  if (!live) throw new Error(`${definition.name} has no live generation`)
  if (live.version !== definition.version) {
    throw new Error(`${definition.name} is live in version ${live.version}, not this one`)
  }
  await createTables(client, definition, replaySchema)
  await replayInto(client, store, definition, { context, upTo: live.position })

  const { rows: tables } = await client.query<{ name: string }>(
    'select tablename as name from pg_tables where schemaname = $1 order by 1',
    [replaySchema],
  )
  const differences: ReplayComparison['differences'][number][] = []
  let rows = 0
  for (const { name } of tables) {
    const sides = {
      live: `${escapeIdentifier(live.schema)}.${escapeIdentifier(name)}`,
      replay: `${replaySchema}.${escapeIdentifier(name)}`,
    }
    rows += await count(client, sides.replay)
    for (const [side, one, other] of [
      ['live', sides.live, sides.replay],
      ['replay', sides.replay, sides.live],
    ] as const) {
      const found = await client.query<{ row: string }>(`
        select t::text as row from ${one} t except all select t::text from ${other} t
        limit ${differencesMax}`)
      for (const { row } of found.rows) differences.push({ table: name, side, row })
    }
  }
  return { equal: differences.length === 0, position: live.position, rows, differences }
}

async function count(client: ClientBase, table: string) {
  const { rows } = await client.query<{ count: number }>(`select count(*) as count from ${table}`)
  return rows[0]?.count ?? 0
}

/** Applies the context's events to the tables in the transaction's replay schema. */
async function replayInto(
  client: ClientBase,
  store: EventStore,
  definition: ProjectionDefinition,
  { context, upTo }: { readonly context: Context; readonly upTo: number },
) {
  const held = new Set<string>()
  await client.query(`set local search_path = ${replaySchema}; set local enable_seqscan = off`)
  const filter = { streamPrefixes: [`${context}.`] }
  for await (const batch of store.readAll({ filter })) {
    const events = batch.filter(({ position }) => position <= upTo)
    const items = itemsOf(context, definition, events)
    await applySpan({ items, position: upTo }, held, (plan) =>
      writeInside(client, definition, plan),
    )
    if (events.length < batch.length) break
  }
  await client.query('set local search_path = default; set local enable_seqscan = on')
}

/** Applies a plan inside the caller's transaction, all of it or none. */
export async function writeInside(
  client: ClientBase,
  definition: ProjectionDefinition,
  { apply }: Pick<SpanPlan, 'apply'>,
) {
  await client.query('savepoint span')
  try {
    for (const query of queriesOf(definition, apply)) await client.query(withoutName(query))
  } catch (error) {
    await client.query('rollback to savepoint span')
    throw error
  }
  await client.query('release savepoint span')
}

/**
 * A pool's connection keeps prepared statements; those of a schema that passes are none to keep.
 */
const withoutName = ({ text, values }: QueryConfig): QueryConfig => ({
  text,
  ...(values ? { values } : {}),
})
