import type { Context } from '@atrium/contracts/context.ts'
import type { QueryConfig } from 'pg'
import { decode } from '../decider/codec.ts'
import type { DomainEvent } from '../decider/decider.ts'
import type { RecordedEvent } from '../event-store/port.ts'
import type { Projected, ProjectionDefinition, ProjectionWrite } from './projection.ts'

type Row = Readonly<Record<string, unknown>>

/** An event that a projection handles, with the rows that it writes, or why there are none. */
export interface Item {
  readonly event: RecordedEvent
  readonly key: string
  readonly rows: readonly Row[]
  readonly fault?: unknown
}

/** What one statement writes: rows of events of one type, no two of them of one key. */
export interface Group {
  readonly type: string
  readonly rows: Row[]
}

/**
 * The events of these that the projection handles. What throws while an event is decoded or turned
 * into rows is that event's fault, noted and not thrown.
 */
export function itemsOf(
  context: Context,
  definition: ProjectionDefinition,
  events: readonly RecordedEvent[],
): Item[] {
  const items: Item[] = []
  for (const event of events) {
    const write = writeOf(definition, event.type)
    if (!write) continue
    try {
      const key = definition.key?.(event) ?? event.stream
      const decoded = decode(context, event)
      if (decoded) items.push({ event, key, rows: write.rows(new ProjectedEvent(event, decoded)) })
    } catch (fault) {
      items.push({ event, key: event.stream, rows: [], fault })
    }
  }
  return items
}

/** What `rows` is given. Most read models want few of its parts: data is parsed when asked for. */
class ProjectedEvent implements Projected<DomainEvent> {
  private readonly recorded: RecordedEvent
  private readonly decoded: DomainEvent

  constructor(recorded: RecordedEvent, decoded: DomainEvent) {
    this.recorded = recorded
    this.decoded = decoded
  }

  get type() {
    return this.decoded.type
  }

  get data() {
    return this.decoded.data
  }

  get stream() {
    return this.recorded.stream
  }

  get revision() {
    return this.recorded.revision
  }

  get position() {
    return this.recorded.position
  }

  get recordedAt() {
    return this.recorded.recordedAt
  }

  /** As the stream's name tells it, which spares parsing the metadata; these for other names. */
  get tenant() {
    const { stream } = this.recorded
    const dash = stream.indexOf('-', stream.indexOf('.'))
    const colon = stream.indexOf(':', dash)
    return dash > 0 && colon > dash ? stream.slice(dash + 1, colon) : this.recorded.metadata.tenant
  }
}

export function writeOf(
  definition: ProjectionDefinition,
  type: string,
): ProjectionWrite<DomainEvent> | undefined {
  return Object.hasOwn(definition.on, type) ? definition.on[type] : undefined
}

/**
 * Groups of rows in an order that keeps the order of each key: in waves, of which the n-th has the
 * n-th event of each key, and by type inside a wave, since events of different keys commute.
 */
export function groupsOf(items: readonly Item[]): Group[] {
  const waves: Map<string, Group>[] = []
  const depths = new Map<string, number>()
  for (const { event, key, rows } of items) {
    const depth = depths.get(key) ?? 0
    depths.set(key, depth + 1)
    const wave = (waves[depth] ??= new Map<string, Group>())
    const group = wave.get(event.type)
    if (group) group.rows.push(...rows)
    else wave.set(event.type, { type: event.type, rows: [...rows] })
  }
  return waves.flatMap((wave) => [...wave.values()].filter(({ rows }) => rows.length > 0))
}

/**
 * One prepared statement per group, for a connection whose search_path is the generation's schema.
 */
export function queriesOf(definition: ProjectionDefinition, items: readonly Item[]): QueryConfig[] {
  return groupsOf(items).map(({ type, rows }) => ({
    name: `${definition.name} ${type}`,
    text: statementOf(definition, type),
    values: [JSON.stringify(rows)],
  }))
}

function statementOf(definition: ProjectionDefinition, type: string) {
  const sql = writeOf(definition, type)?.sql.trim() ?? ''
  const own = /^with\s+(recursive\s+)?/i.exec(sql)
  const rest = own ? `, ${sql.slice(own[0].length)}` : ` ${sql}`
  const rows = `json_populate_recordset(null::${definition.table}, $1::json)`
  return `with ${own?.[1] ?? ''}rows as (select * from ${rows})${rest}`
}
