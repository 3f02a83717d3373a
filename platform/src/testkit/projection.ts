import { isDeepStrictEqual } from 'node:util'
import { randomBytes } from 'node:crypto'
import type { Context } from '@atrium/contracts/context.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import type { ClientBase, Pool } from 'pg'
import type { DomainEvent } from '../decider/decider.ts'
import type { RecordedEvent } from '../event-store/port.ts'
import { eventIdOf } from '../identifier.ts'
import { itemsOf } from '../projections/batch.ts'
import { createTables } from '../projections/generation.ts'
import type { ProjectionDefinition } from '../projections/projection.ts'
import { writeInside } from '../projections/replay.ts'

/** An event as a test gives it. */
export interface GivenEvent<Event extends DomainEvent = DomainEvent> {
  readonly event: Event
  /** Default: `default`. */
  readonly tenant?: string
  /** The aggregate's id; events of one id are one stream, in the order given. Default: `1`. */
  readonly id?: string
  readonly recordedAt?: string
}

export interface ProjectionTest<Event extends DomainEvent> {
  /** May make schemas: a database's owner. Nothing is left behind. */
  readonly owner: Pick<Pool, 'connect'>
  readonly context: Context
  readonly definition: ProjectionDefinition<Event>
  readonly given: readonly (Event | GivenEvent<Event>)[]
  /** The table whose rows are wanted. Default: the definition's. */
  readonly table?: string
}

/**
 * The rows that a projection has after these events, in the order of their text. The events are
 * applied one by one, each one twice, and all as one batch: rows that differ fail the test, since
 * redelivery and batching must not show. What a statement throws is thrown.
 */
export async function testProjection<Event extends DomainEvent>(
  projectionTest: ProjectionTest<Event>,
): Promise<Record<string, unknown>[]> {
  const { owner, context, given } = projectionTest
  const definition = projectionTest.definition as ProjectionDefinition
  const table = projectionTest.table ?? definition.table
  const events = recordedFrom(context, given)
  const client = await owner.connect()
  try {
    const ways = {
      'one by one': events.map((event) => [event]),
      'each one twice': events.flatMap((event) => [[event], [event]]),
      'in one batch': [events],
    }
    const rows = await applied(client, definition, context, ways['one by one'], table)
    for (const way of ['each one twice', 'in one batch'] as const) {
      const others = await applied(client, definition, context, ways[way], table)
      if (!isDeepStrictEqual(others, rows)) {
        const found = JSON.stringify({ 'one by one': rows, [way]: others }, null, 2)
        throw new Error(`${definition.name} differs when events are applied ${way}: ${found}`)
      }
    }
    return rows
  } finally {
    client.release()
  }
}

function recordedFrom(context: Context, given: readonly (DomainEvent | GivenEvent)[]) {
  const revisions = new Map<string, number>()
  return given.map((each, index): RecordedEvent => {
    const {
      event,
      tenant = 'default',
      id = '1',
      recordedAt,
    } = 'event' in each ? each : { event: each }
    const stream = streamName(`${context}.test`, tenant, id)
    const revision = revisions.get(stream) ?? 0
    revisions.set(stream, revision + 1)
    const commandId = eventIdOf('00000000-0000-0000-0000-000000000000', index)
    return {
      id: eventIdOf(commandId, 0),
      type: event.type,
      stream,
      revision,
      position: index + 1,
      recordedAt: recordedAt ?? '2026-01-01T00:00:00.000Z',
      data: event.data,
      metadata: { tenant, actor: {}, correlationId: commandId, commandId, schemaVersion: 1 },
    }
  })
}

async function applied(
  client: ClientBase,
  definition: ProjectionDefinition,
  context: Context,
  batches: readonly (readonly RecordedEvent[])[],
  table: string,
): Promise<Record<string, unknown>[]> {
  const schema = `test_${randomBytes(4).toString('hex')}`
  await client.query('begin')
  try {
    await createTables(client, definition, schema)
    await client.query(`set local search_path = ${schema}`)
    for (const batch of batches) {
      const items = itemsOf(context, definition, batch)
      const faulty = items.find(({ fault }) => fault !== undefined)
      if (faulty) throw faulty.fault
      await writeInside(client, definition, { apply: items })
    }
    const { rows } = await client.query<Record<string, unknown>>(
      `select * from ${table} t order by t::text`,
    )
    return rows
  } finally {
    await client.query('rollback')
  }
}
