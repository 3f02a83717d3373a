import type { DomainEvent } from '../decider/decider.ts'
import type { RecordedEvent } from '../event-store/port.ts'

/**
 * A read model: tables of its own, and for each event type the rows that it writes. The
 * subscription derives from the keys of `on`.
 *
 * Writes are set-based, so that a batch costs a few statements: the rows of one event type go as
 * the relation `rows`, whose columns are those of `table`:
 *
 *   InstanceRenamed: {
 *     rows: ({ data }) => [{ id: data.instanceId, name: data.name }],
 *     sql: 'update instance_list as i set name = rows.name from rows where i.id = rows.id',
 *   }
 *
 * Events of one `key` are applied in order; events of different keys touch different rows.
 */
export interface ProjectionDefinition<Event extends DomainEvent = DomainEvent> {
  /** The read model's name, kebab-case, unique in its context. */
  readonly name: string
  /** Raised whenever what it writes changes: a new version is built beside the live one. */
  readonly version: number
  /** DDL of its tables, run in a schema of each generation's own; enables row-level security. */
  readonly tableSql: string
  /**
   * The table whose row type `rows` has; with tables of several shapes, a composite type of
   * `tableSql` that has the columns of all.
   */
  readonly table: string
  /** Which events commute: those of different keys. Default: the event's stream. */
  readonly key?: (event: RecordedEvent) => string
  readonly on: ProjectionHandlers<Event>
}

export type ProjectionHandlers<Event extends DomainEvent> = {
  readonly [Type in Event['type']]?: ProjectionWrite<Extract<Event, { type: Type }>>
}

export interface ProjectionWrite<Event extends DomainEvent> {
  /** The rows that one event concerns: objects by column name, missing columns are null. */
  readonly rows: (event: Projected<Event>) => readonly Readonly<Record<string, unknown>>[]
  /** One statement over `rows`. Applied twice it must leave what once left. */
  readonly sql: string
}

/** An event in its newest version, with what the store noted beside it. */
export type Projected<Event extends DomainEvent> = Event &
  Pick<RecordedEvent, 'stream' | 'revision' | 'position' | 'recordedAt'> & {
    readonly tenant: string
  }

export const defineProjection = <Event extends DomainEvent>(
  definition: ProjectionDefinition<Event>,
): ProjectionDefinition<Event> => definition
