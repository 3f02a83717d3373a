import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@atrium/contracts/context.ts'
import {
  listProjections,
  requestRebuild,
  type ProjectionStatus,
} from '@atrium/platform/projections/operate.ts'
import type { Pool } from 'pg'
import type { Deployment } from '../deployment.ts'
import { withDatabases } from '../with-databases.ts'
import { finding, type Finding } from './finding.ts'

const pollMs = 200
/** The two generations are compared at one position; under load it is met by trying again. */
const comparisonsMax = 50

/**
 * For each read model of a context: whether its rows equal those that a fresh replay of the log
 * gives. The running service builds the new generation, which is live afterwards.
 */
export async function compareWithReplay(
  deployment: Deployment,
  context: Context,
  timeoutMs: number,
): Promise<Finding[]> {
  const [found = []] = await withDatabases(
    deployment,
    async ({ pool }) => {
      const live = (await listProjections(pool)).filter(({ status }) => status === 'live')
      const findings: Finding[] = []
      for (const before of live) {
        const check = `${context} ${before.name} against a replay`
        findings.push(await finding(check, () => compare(pool, before, timeoutMs), timeoutMs))
      }
      return findings
    },
    [context],
  )
  return found
}

async function compare(pool: Pool, before: ProjectionStatus, timeoutMs: number): Promise<string> {
  await requestRebuild(pool, before.name)
  const fresh = await untilLive(pool, before, timeoutMs)
  for (let comparison = 1; comparison <= comparisonsMax; comparison += 1) {
    const rows = await compareTables(pool, before.schema, fresh.schema)
    if (rows !== undefined) return `${rows} rows, all equal at position ${fresh.position}`
    await delay(pollMs)
  }
  throw new Error('the two generations never stood at one position: is the context under load?')
}

async function untilLive(pool: Pool, before: ProjectionStatus, timeoutMs: number) {
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    const generations = (await listProjections(pool)).filter(({ name }) => name === before.name)
    const live = generations.find(({ status }) => status === 'live')
    if (live && live.generation > before.generation) return live
    await delay(pollMs)
  }
  throw new Error('the rebuild did not end: is a process of the context running?')
}

/** The number of equal rows, or undefined where the generations stand at different positions. */
async function compareTables(pool: Pool, older: string, newer: string) {
  const client = await pool.connect()
  try {
    // One snapshot for positions and rows.
    await client.query('begin isolation level repeatable read read only')
    const { rows: positions } = await client.query<{ position: string }>(
      'select distinct position from platform.projection_generation where schema = any($1)',
      [[older, newer]],
    )
    if (positions.length !== 1) return undefined
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname as name from pg_class
        where relkind = 'r' and relnamespace = $1::regnamespace`,
      [newer],
    )
    let equal = 0
    for (const { name } of tables) equal += await compareTable(client, name, older, newer)
    return equal
  } finally {
    await client.query('rollback')
    client.release()
  }
}

async function compareTable(
  client: { query: Pool['query'] },
  table: string,
  older: string,
  newer: string,
): Promise<number> {
  const at = (schema: string) => `${quoted(schema)}.${quoted(table)}`
  const { rows } = await client.query<{ only_older: number; only_newer: number; equal: number }>(`
    select
      (select count(*)::int from (table ${at(older)} except all table ${at(newer)}) rows)
        as only_older,
      (select count(*)::int from (table ${at(newer)} except all table ${at(older)}) rows)
        as only_newer,
      (select count(*)::int from ${at(newer)}) as equal`)
  const [row] = rows
  if (!row || row.only_older + row.only_newer > 0) {
    throw new Error(
      `${table}: ${row?.only_older} rows that no replay gives, ${row?.only_newer} rows missing`,
    )
  }
  return row.equal
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
