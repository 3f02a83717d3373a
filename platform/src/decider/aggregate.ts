import type { Context } from '@atrium/contracts/context.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import type { EventStore, NewEvent } from '../event-store/port.ts'
import { StoreUnavailable } from '../event-store/port.ts'
import { eventIdOf } from '../identifier.ts'
import { Rejection } from '../rejection.ts'
import { metadataOf, type Cause } from './cause.ts'
import { createEventCheck, decode } from './codec.ts'
import type { Decider, DomainEvent } from './decider.ts'
import { createStates, type Folded, type States } from './states.ts'
import { findEarlier, pointOf, publicPointOf } from './written.ts'

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
  /** Ids of the last events of each, to recognise a repeat without a read. */
  readonly idsKeptMax?: number
}

/** Lost races of one command before it gives up as unavailable. */
const attemptsMax = 32

/** Versions told in a conflict: what changed since the caller's. */
const changesToldMax = 50

export function createAggregate<State, Command, Event extends DomainEvent>(
  options: AggregateOptions<State, Command, Event>,
): Aggregate<State, Command, Event> {
  const { store, context, name } = options
  const states = createStates(options)
  const inTurn = createTurns()
  const attempt = createAttempt(options, states)

  return {
    handle(id, command, cause, { expectedVersion } = {}) {
      const stream = streamName(`${context}.${name}`, cause.tenant, id)
      // One at a time per stream in this process: only other processes are raced against.
      return inTurn(stream, async () => {
        for (let tries = 1; tries <= attemptsMax; tries += 1) {
          const folded = await states.catchUp(stream)
          const earlier = await findEarlier(store, stream, folded, cause)
          if (earlier) {
            const { state, version } = folded
            const events = earlier.flatMap((each) => (decode(context, each) as Event) ?? [])
            return { state, version, events, ...pointOf(context, earlier) }
          }
          if (expectedVersion !== undefined && expectedVersion !== folded.version) {
            await refuseStale(store, stream, expectedVersion, folded.version)
          }
          const handled = await attempt(stream, folded, command, cause)
          if (handled) return handled
        }
        throw new StoreUnavailable(`${stream} changed under ${attemptsMax} attempts`, false)
      })
    },

    async load(tenant, id) {
      const { state, version } = await states.catchUp(streamName(`${context}.${name}`, tenant, id))
      return { state, version }
    },
  }
}

/** Decides once and appends; resolves with undefined where another writer was first. */
function createAttempt<State, Command, Event extends DomainEvent>(
  { store, context, decider }: AggregateOptions<State, Command, Event>,
  states: States<State, Event>,
) {
  const check = createEventCheck(context)

  return async (
    stream: string,
    folded: Folded<State>,
    command: Command,
    cause: Cause,
  ): Promise<Handled<State, Event> | undefined> => {
    const events = decider.decide(command, folded.state)
    if (events.length === 0) return { state: folded.state, version: folded.version, events }
    const definitions = events.map((event) => check(event))
    const fresh = events.map((event, index) => toNewEvent(event, cause, index, definitions[index]))
    const expected = folded.version === 0 ? 'none' : folded.version - 1
    const result = await store.append(stream, fresh, expected)
    if (result.status === 'conflict') {
      // Behind what is known of it: the store was restored from a backup.
      const actual = result.actual === 'none' ? 0 : result.actual + 1
      if (actual < folded.version) states.forget(stream)
      return undefined
    }

    const { state, version } = states.advance(stream, folded, {
      events,
      ids: fresh.map(({ id }) => id),
      version: result.revision + 1,
    })
    const lastPublic = definitions.findLastIndex(({ visibility }) => visibility === 'public')
    const count = events.length
    const publicPoint = await publicPointOf(store, stream, result, { count, lastPublic })
    return { state, version, events, position: result.position, ...publicPoint }
  }
}

async function refuseStale(
  store: EventStore,
  stream: string,
  expected: number,
  current: number,
): Promise<never> {
  const changes: { version: number; type: string; changedAt: string }[] = []
  const from = Math.max(expected, current - changesToldMax)
  for await (const { revision, type, recordedAt } of store.readStream(stream, { from })) {
    changes.push({ version: revision + 1, type, changedAt: recordedAt })
  }
  throw new Rejection('version-conflict', { currentVersion: current, changes })
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
