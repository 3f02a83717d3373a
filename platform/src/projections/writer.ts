import { escapeIdentifier, type Client, type QueryConfig } from 'pg'
import { sqlStateOf } from '../database/connection.ts'
import { queriesOf, type Item } from './batch.ts'
import type { Generation } from './generation.ts'
import { releaseQuery, setAsideQuery } from './parked.ts'
import type { Progress } from './progress.ts'
import type { ProjectionDefinition } from './projection.ts'
import type { SpanPlan } from './span.ts'

const checkpointMovedState = 'AT001'

/** Another process writes this generation: whoever meets this stops writing. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved'
}

/**
 * Writes one generation on a connection of its own. All statements of a transaction travel
 * together; the checkpoint's move is the first and aborts the others where it was moved by another
 * writer.
 */
export async function createWriter(
  client: Client,
  definition: ProjectionDefinition,
  generation: Generation,
  onProgress: Progress['note'],
) {
  // Without waiting for the disk: rows and checkpoint are lost together, and read again. Plans are
  // made anew each time, for tables as large as they are by then, and never scan a whole one.
  await client.query(`
    set search_path = ${escapeIdentifier(generation.schema)};
    set synchronous_commit = off; set plan_cache_mode = force_custom_plan; set enable_seqscan = off;
    set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '60s'`)
  let { position } = generation

  async function commit(to: number, hasParked: boolean, queries: readonly QueryConfig[]) {
    const { projection, generation: number } = generation
    const advance = {
      name: 'advance',
      text: 'select status, epoch from platform.advance_projection($1, $2, $3, $4, $5)',
      values: [projection, number, position, to, hasParked],
    }
    const isAlone = queries.length === 0
    const { stream } = client.connection
    stream.cork() // in one packet: each of its own would cost more than most statements
    const begun = isAlone ? [] : [client.query('begin')]
    const advanced = client.query<{ status: string; epoch: number }>(advance)
    const answers = Promise.allSettled([
      ...begun,
      advanced,
      ...queries.map((query) => client.query(query)),
      // Rolls back where a statement before it failed.
      ...(isAlone ? [] : [client.query('commit')]),
    ])
    stream.uncork()
    const failed = (await answers).find((answer) => answer.status === 'rejected')
    if (failed) throw asWriterFault(failed.reason)
    position = to
    const [row] = (await advanced).rows
    if (row?.status === 'live') {
      onProgress({ projection, epoch: row.epoch, position: to, hasParked })
    }
  }

  return {
    get position() {
      return position
    },

    /** `heldAlready`: something is set aside from before. */
    write: async ({ apply, aside, position: to }: SpanPlan, heldAlready: boolean) => {
      const queries = [
        ...queriesOf(definition, apply),
        ...aside.map((each) => setAsideQuery(generation, each)),
      ]
      await commit(to, heldAlready || aside.length > 0, queries)
    },

    /** Applies an event that was set aside, and takes it from those. */
    release: async (row: { readonly position: number }, item: Item | undefined) => {
      const queries = item ? queriesOf(definition, [item]) : []
      await commit(position, true, [...queries, releaseQuery(generation, row.position)])
    },

    /** Tells waiting readers how things stand after events were released. */
    tell: (hasParked: boolean) => commit(position, hasParked, []),
  }
}

export type Writer = Awaited<ReturnType<typeof createWriter>>

function asWriterFault(error: unknown) {
  return sqlStateOf(error) === checkpointMovedState
    ? new CheckpointMoved('another process writes this projection', { cause: error })
    : error
}
