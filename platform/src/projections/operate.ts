import type pg from 'pg'

/** What operators do with projections: plain SQL, no process of the context need run. */

type Queryable = Pick<pg.Pool, 'query'>

export interface ProjectionStatus {
  readonly name: string
  readonly version: number
  readonly generation: number
  readonly schema: string
  readonly status: 'building' | 'live' | 'retired'
  readonly position: number
  /** When the checkpoint last moved. */
  readonly movedAt: Date
  /** Events that failed, and those that wait behind them. */
  readonly parked: number
  readonly held: number
  /** What was asked for and has not happened yet. */
  readonly requested: 'rebuild' | 'rollback' | null
}

export async function listProjections(pool: Queryable): Promise<ProjectionStatus[]> {
  const { rows } = await pool.query<ProjectionStatus>(`
    select g.projection as name, g.version, g.generation, g.schema, g.status, g.position,
           g.moved_at as "movedAt", p.requested,
           count(e.position) filter (where e.state = 'parked') as parked,
           count(e.position) filter (where e.state = 'held') as held
      from platform.projection_generation g
      join platform.projection p on p.name = g.projection
      left join platform.parked_projection_event e
        on e.projection = g.projection and e.generation = g.generation
     group by p.name, g.projection, g.generation
     order by g.projection, g.generation`)
  return rows
}

/** Builds the projection anew beside the live one and switches when it has caught up. */
export async function requestRebuild(pool: Queryable, name: string): Promise<void> {
  await request(pool, name, 'rebuild')
}

/** Goes back to the generation that was live before. Throws where none is kept. */
export async function requestRollback(pool: Queryable, name: string): Promise<void> {
  const { rowCount } = await pool.query(
    `select from platform.projection_generation where projection = $1 and status = 'retired'`,
    [name],
  )
  if (!rowCount) throw new Error(`no earlier generation of ${name} is kept`)
  await request(pool, name, 'rollback')
}

async function request(pool: Queryable, name: string, requested: 'rebuild' | 'rollback') {
  const { rowCount } = await pool.query(
    'update platform.projection set requested = $2, requested_at = now() where name = $1',
    [name, requested],
  )
  if (!rowCount) throw new Error(`there is no projection ${name}`)
  await tell(pool, name)
}

/** An event that failed; `held` later ones of its key wait behind it. */
export interface ParkedProjectionEvent {
  readonly projection: string
  readonly generation: number
  readonly position: number
  readonly key: string
  readonly stream: string
  readonly revision: number
  readonly eventId: string
  readonly type: string
  readonly tenant: string
  readonly error: string
  readonly attempts: number
  readonly setAsideAt: Date
  readonly held: number
}

/** The longest list that is given out. */
const listedMax = 1_000

export async function listParkedProjectionEvents(
  pool: Queryable,
): Promise<ParkedProjectionEvent[]> {
  const { rows } = await pool.query<ParkedProjectionEvent>(`
    select p.projection, p.generation, p.position, p.key, p.stream, p.revision,
           p.event_id as "eventId", p.type, p.tenant, p.error, p.attempts,
           p.set_aside_at as "setAsideAt",
           (select count(*) from platform.parked_projection_event h
             where h.projection = p.projection and h.generation = p.generation
               and h.key = p.key and h.state = 'held') as held
      from platform.parked_projection_event p
     where p.state = 'parked'
     order by p.projection, p.generation, p.position
     limit ${listedMax}`)
  return rows
}

/**
 * Applies the event again and, where that works, the later ones. False where none is parked there.
 */
export async function retryParkedProjectionEvent(
  pool: Queryable,
  name: string,
  position: number,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update platform.parked_projection_event set state = 'held'
      where projection = $1 and position = $2 and state = 'parked'`,
    [name, position],
  )
  await tell(pool, name)
  return (rowCount ?? 0) > 0
}

/** Gives the event up for this projection and applies the later ones. False as above. */
export async function dropParkedProjectionEvent(
  pool: Queryable,
  name: string,
  position: number,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from platform.parked_projection_event
      where projection = $1 and position = $2 and state = 'parked'`,
    [name, position],
  )
  await tell(pool, name)
  return (rowCount ?? 0) > 0
}

/** Wakes the process that leads the projection; without it, it looks by itself in 2 s. */
const tell = (pool: Queryable, name: string) =>
  pool.query(`select pg_notify('atrium_projection_request', $1)`, [name])
