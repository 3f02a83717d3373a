import { isPublic } from '@atrium/contracts/catalog.ts'
import type { Context } from '@atrium/contracts/context.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import { LRUCache } from 'lru-cache'
import type { EventStore, NewEvent, RecordedEvent } from '../event-store/port.ts'
import { StoreUnavailable } from '../event-store/port.ts'
import { eventIdOf } from '../identifier.ts'
import { Rejection } from '../rejection.ts'
import { metadataOf, type Cause } from './cause.ts'
import { createEventCheck, decode } from './codec.ts'
import type { Decider, DomainEvent } from './decider.ts'

/** What a command led to. */
export interface Handled<State, Event> {
  readonly state: State
  /** The aggregate's version: how many events its stream holds. */
  readonly version: number
  /**
   * The events that this command wrote, also when it had run before; none where nothing changed.
   */
  readonly events: readonly Event[]
  /** For consistency tokens: where the last event lies, and the last public one. */
  readonly position?: number
  readonly publicPosition?: number
}

export interface Aggregate<State, Command, Event> {
  /**
   * Decides and appends. A lost race is decided again; with `expectedVersion` it is refused as
   * version-conflict. Throws Rejection, StoreUnavailable.
   */
  handle(
    id: string,
    command: Command,
    cause: Cause,
    options?: { readonly expectedVersion?: number },
  ): Promise<Handled<State, Event>>

  /** The newest state and version; the initial state and 0 where nothing was ever written. */
  load(tenant: string, id: string): Promise<{ readonly state: State; readonly version: number }>
}

export interface AggregateOptions<State, Command, Event> {
  readonly store: EventStore
  readonly context: Context
  /** `<aggregate>` in the stream's name. */
  readonly name: string
  readonly decider: Decider<State, Command, Event>
  /** Recent states kept. */
  readonly statesMax?: number
}

/** Lost races of one command before it gives up as unavailable. */
const attemptsMax = 32

/**
 * Ids of a stream's last events kept beside its state, to recognise a repeated command without a
 * read.
 */
const idsKeptMax = 1_024

/** Versions told in a conflict: what changed since the caller's. */
const changesToldMax = 50

interface Folded<State> {
  readonly state: State
  readonly version: number
  /** Of the last events: of all where the stream is no longer than what is kept. */
  readonly ids: readonly string[]
}

export function createAggregate<State, Command, Event extends DomainEvent>(
  options: AggregateOptions<State, Command, Event>,
): Aggregate<State, Command, Event> {
  const { store, context, name, decider } = options
  const recent = new LRUCache<string, Folded<State>>({ max: options.statesMax ?? 10_000 })
  const inTurn = createTurns()
  const check = createEventCheck(context)
  const blank: Folded<State> = { state: decider.initialState, version: 0, ids: [] }

  /** The cached state and what was written since. */
  async function catchUp(stream: string): Promise<Folded<State>> {
    const before = recent.get(stream) ?? blank
    let { state, version } = before
    const ids: string[] = []
    for await (const recorded of store.readStream(stream, { from: version })) {
      const event = decode(context, recorded) as Event | undefined
      if (event) state = decider.evolve(state, event)
      version = recorded.revision + 1
      ids.push(recorded.id)
    }
    if (ids.length === 0) return before
    const folded = { state, version, ids: keep(before.ids, ids) }
    recent.set(stream, folded)
    return folded
  }

  /**
   * The events of a command that ran before, or undefined. The ids at hand are always looked at: a
   * run that lost its lease does not know that another one repeats its command. The whole stream is
   * only read for a command that may have run long ago.
   */
  async function findEarlier(stream: string, { version, ids }: Folded<State>, cause: Cause) {
    const { commandId, mayRepeat } = cause
    const index = ids.indexOf(eventIdOf(commandId, 0))
    if (index === -1 && (!mayRepeat || ids.length === version)) return undefined
    const from = index === -1 ? 0 : version - ids.length + index
    const found: RecordedEvent[] = []
    for await (const recorded of store.readStream(stream, { from })) {
      if (recorded.id === eventIdOf(commandId, found.length)) found.push(recorded)
      else if (found.length > 0) break
    }
    return found.length > 0 ? found : undefined
  }

  const repeated = (folded: Folded<State>, earlier: readonly RecordedEvent[]) => {
    const last = earlier.at(-1)
    const lastPublic = earlier.findLast(({ type }) => isPublic(context, type))
    return {
      state: folded.state,
      version: folded.version,
      events: earlier.flatMap((recorded) => (decode(context, recorded) as Event | undefined) ?? []),
      ...(last ? { position: last.position } : {}),
      ...(lastPublic ? { publicPosition: lastPublic.position } : {}),
    }
  }

  /** Undefined where another writer was first. */
  async function tryOnce(
    stream: string,
    folded: Folded<State>,
    command: Command,
    cause: Cause,
  ): Promise<Handled<State, Event> | undefined> {
    const events = decider.decide(command, folded.state)
    if (events.length === 0) return { state: folded.state, version: folded.version, events }
    const definitions = events.map((event) => check(event))
    const fresh = events.map((event, index) => toNewEvent(event, cause, index, definitions[index]))
    const expected = folded.version === 0 ? 'none' : folded.version - 1
    const result = await store.append(stream, fresh, expected)
    if (result.status === 'conflict') {
      // Behind what is known of it: the store was restored from a backup.
      const actual = result.actual === 'none' ? 0 : result.actual + 1
      if (actual < folded.version) recent.delete(stream)
      return undefined
    }

    let { state } = folded
    for (const event of events) state = decider.evolve(state, event)
    const version = result.revision + 1
    const ids = fresh.map(({ id }) => id)
    recent.set(stream, { state, version, ids: keep(folded.ids, ids) })
    const lastPublic = definitions.findLastIndex(({ visibility }) => visibility === 'public')
    const publicPosition = await positionOf(stream, result, events.length, lastPublic)
    return { state, version, events, position: result.position, ...publicPosition }
  }

  /**
   * Where the append's last public event lies. The store tells the position of an append's last
   * event alone, so one that is followed by private events is read back.
   */
  async function positionOf(
    stream: string,
    appended: { readonly revision: number; readonly position: number },
    count: number,
    index: number,
  ): Promise<{ publicPosition?: number }> {
    if (index === -1) return {}
    if (index === count - 1) return { publicPosition: appended.position }
    const from = appended.revision - (count - 1 - index)
    for await (const recorded of store.readStream(stream, { from, limit: 1 })) {
      return { publicPosition: recorded.position }
    }
    throw new Error(`${stream} lacks revision ${from}, which was just written`)
  }

  async function refuseStale(stream: string, expected: number, current: number): Promise<never> {
    const changes: { version: number; type: string; changedAt: string }[] = []
    const from = Math.max(expected, current - changesToldMax)
    for await (const { revision, type, recordedAt } of store.readStream(stream, { from })) {
      changes.push({ version: revision + 1, type, changedAt: recordedAt })
    }
    throw new Rejection('version-conflict', { currentVersion: current, changes })
  }

  return {
    handle(id, command, cause, { expectedVersion } = {}) {
      const stream = streamName(`${context}.${name}`, cause.tenant, id)
      // One at a time per stream in this process: only other processes are raced against.
      return inTurn(stream, async () => {
        for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
          const folded = await catchUp(stream)
          const earlier = await findEarlier(stream, folded, cause)
          if (earlier) return repeated(folded, earlier)
          if (expectedVersion !== undefined && expectedVersion !== folded.version) {
            await refuseStale(stream, expectedVersion, folded.version)
          }
          const handled = await tryOnce(stream, folded, command, cause)
          if (handled) return handled
        }
        throw new StoreUnavailable(`${stream} changed under ${attemptsMax} attempts`, false)
      })
    },

    async load(tenant, id) {
      const { state, version } = await catchUp(streamName(`${context}.${name}`, tenant, id))
      return { state, version }
    },
  }
}

function toNewEvent(
  event: DomainEvent,
  cause: Cause,
  index: number,
  definition: { readonly version: number } | undefined,
): NewEvent {
  return {
    id: eventIdOf(cause.commandId, index),
    type: event.type,
    data: event.data,
    metadata: metadataOf(cause, definition?.version ?? 1),
  }
}

const keep = (ids: readonly string[], more: readonly string[]) =>
  [...ids, ...more].slice(-idsKeptMax)

/** Runs the work of one key strictly one after the other, that of different keys side by side. */
function createTurns() {
  const last = new Map<string, Promise<unknown>>()
  return async <Result>(key: string, work: () => Promise<Result>): Promise<Result> => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, turn)
    try {
      return await turn
    } finally {
      if (last.get(key) === turn) last.delete(key)
    }
  }
}
