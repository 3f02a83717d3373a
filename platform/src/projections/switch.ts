import { escapeIdentifier, type ClientBase } from 'pg'
import { sqlStateOf } from '../database/connection.ts'
import { inTransaction } from '../database/transaction.ts'
import { readGenerations, type Generation } from './generation.ts'

/**
 * How long the switch waits for readers that hold a view. Below PostgreSQL's deadlock timeout: the
 * switch gives way and is tried again, no reader is ever ended for it.
 */
const lockTimeoutMs = 300

const lockNotAvailable = '55P03'

/** Brings the candidate to a position that is a few events ahead, on its own connection. */
export type CatchUp = (position: number) => Promise<void>

export type SwitchOutcome = 'switched' | 'behind' | 'busy' | 'not-wanted' | 'has-parked'

/**
 * Makes a generation the live one in one step: the views in `public` show its tables, the live one
 * so far is retired. Only where it has come as far as the live one, so that no reader goes back in
 * time; and, unless an operator asked, only where no more events are set aside in it.
 */
export async function switchTo(
  client: ClientBase,
  candidate: Generation,
  routesRole: string,
  catchUp: CatchUp,
): Promise<SwitchOutcome> {
  try {
    return await inTransaction(client, async () => {
      await client.query(`set local lock_timeout = ${lockTimeoutMs}`)
      return await switchInside(client, candidate, routesRole, catchUp)
    })
  } catch (error) {
    if (sqlStateOf(error) === lockNotAvailable) return 'busy'
    throw error
  }
}

async function switchInside(
  client: ClientBase,
  { projection, generation }: Generation,
  routesRole: string,
  catchUp: CatchUp,
): Promise<SwitchOutcome> {
  const requested = await lockLive(client, projection)
  const live = (await readGenerations(client, projection)).find(({ status }) => status === 'live')
  // The live one's writer waits for the lock: the candidate goes the last steps to where it stands.
  if (live) await catchUp(live.position)
  const generations = await readGenerations(client, projection)
  const mine = generations.find((each) => each.generation === generation)
  const rollback = requested === 'rollback' && mine === rollbackTarget(generations)
  if (!mine || !(mine.status === 'building' || rollback)) return 'not-wanted'
  if (live && mine.position < live.position) return 'behind'
  if (live && !rollback && (await moreParked(client, mine, live))) return 'has-parked'

  await replaceViews(client, live, mine, routesRole)
  await client.query(
    `update platform.projection_generation set status = 'retired'
      where projection = $1 and status = 'live'`,
    [projection],
  )
  const { rows } = await client.query<{ epoch: number }>(
    `update platform.projection_generation
        set status = 'live', epoch = nextval('platform.projection_epoch')
      where projection = $1 and generation = $2 returning epoch`,
    [projection, generation],
  )
  if (rollback) {
    await client.query(
      'update platform.projection set requested = null, requested_at = null where name = $1',
      [projection],
    )
  }
  const parked = await countParked(client, mine)
  const notice = [projection, rows[0]?.epoch, mine.position, parked > 0 ? 1 : 0].join(' ')
  await client.query(
    `select pg_notify('atrium_projection', $1),
    pg_notify('atrium_projection_request', $2)`,
    [notice, projection],
  )
  return 'switched'
}

/** The one that a rollback goes to: of the retired ones that which was live last. */
export const rollbackTarget = (generations: readonly Generation[]) =>
  generations
    .filter(({ status }) => status === 'retired')
    .toSorted((a, b) => b.epoch - a.epoch)
    .at(0)

/** Locks the projection and the live checkpoint; tells what an operator asked for. */
async function lockLive(client: ClientBase, projection: string) {
  const { rows } = await client.query<{ requested: 'rebuild' | 'rollback' | null }>(
    'select requested from platform.projection where name = $1 for update',
    [projection],
  )
  await client.query(
    `select from platform.projection_generation
      where projection = $1 and status = 'live' for update`,
    [projection],
  )
  return rows[0]?.requested ?? undefined
}

/** Locks the projection and all its checkpoints. */
export async function lockProjection(client: ClientBase, projection: string) {
  await client.query('select from platform.projection where name = $1 for update', [projection])
  await client.query(
    `select from platform.projection_generation
      where projection = $1 order by generation for update`,
    [projection],
  )
}

async function countParked(client: ClientBase, { projection, generation }: Generation) {
  const { rows } = await client.query<{ count: number }>(
    `select count(*) as count from platform.parked_projection_event
      where projection = $1 and generation = $2`,
    [projection, generation],
  )
  return rows[0]?.count ?? 0
}

async function moreParked(client: ClientBase, mine: Generation, live: Generation) {
  return (await countParked(client, mine)) > (await countParked(client, live))
}

async function tablesOf(client: ClientBase, { schema }: Generation) {
  const { rows } = await client.query<{ tablename: string }>(
    'select tablename from pg_tables where schemaname = $1 order by tablename',
    [schema],
  )
  return rows.map(({ tablename }) => escapeIdentifier(tablename))
}

async function replaceViews(
  client: ClientBase,
  from: Generation | undefined,
  to: Generation,
  routesRole: string,
) {
  const former = from ? await tablesOf(client, from) : []
  const drops = former.map((table) => `drop view if exists public.${table};`)
  const creations = (await tablesOf(client, to)).map((table) => {
    const source = `${escapeIdentifier(to.schema)}.${table}`
    return `create view public.${table} with (security_invoker = true) as select * from ${source};
      grant select on public.${table} to ${escapeIdentifier(routesRole)};`
  })
  await client.query([...drops, ...creations].join('\n'))
}
