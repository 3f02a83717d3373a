import type { Context } from '@atrium/contracts/context.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import { AppendRefused, StoreUnavailable, type EventStore } from '../event-store/port.ts'
import { Rejection } from '../rejection.ts'
import type { Cause } from './cause.ts'
import { createEventCheck, decode } from './codec.ts'
import type { Decider, DomainEvent } from './decider.ts'
import { commandsMax, createPlan, type Part, type Waiting } from './plan.ts'
import { createStates, type Folded, type States } from './states.ts'
import { createTurns } from './turns.ts'
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

/** What is to be done about the first of the commands that wait, and those that go along. */
type Decided<State, Command, Event> =
  | { readonly parts: readonly Part<State, Command, Event>[] }
  | { readonly answer: Handled<State, Event> }
  | { readonly refusal: unknown }

/**
 * Commands of one aggregate that come while one is being written wait, and are then written in one
 * append: each is decided on what those before it lead to, and none is answered before the append.
 * What is known of a stream is enough to decide by, since the append holds only if nothing was
 * written behind it; it is read where a command leads to nothing, is refused or was written before.
 */
export function createAggregate<State, Command, Event extends DomainEvent>(
  options: AggregateOptions<State, Command, Event>,
): Aggregate<State, Command, Event> {
  const { context, name } = options
  const states = createStates(options)
  const turns = createTurns(createTakeTurn(options, states))

  return {
    handle(id, command, cause, { expectedVersion } = {}) {
      const stream = streamName(`${context}.${name}`, cause.tenant, id)
      const { promise, resolve, reject } = Promise.withResolvers<Handled<State, Event>>()
      turns.push(stream, { command, cause, expectedVersion, resolve, reject })
      return promise
    },

    async load(tenant, id) {
      const { state, version } = await states.catchUp(streamName(`${context}.${name}`, tenant, id))
      return { state, version }
    },
  }
}

/** Settles as many from the front as go together, and resolves with how many those are. */
function createTakeTurn<State, Command, Event extends DomainEvent>(
  options: AggregateOptions<State, Command, Event>,
  states: States<State>,
) {
  const decideOn = createDecision(options)
  const write = createWrite<State, Command, Event>(options, states)

  return async (
    stream: string,
    waiting: readonly Waiting<State, Command, Event>[],
  ): Promise<number> => {
    let settled = waiting.slice(0, 1)
    let known = states.kept(stream)
    let most = commandsMax
    try {
      for (let tries = 1; tries <= attemptsMax; tries += 1) {
        const isCurrent = known === undefined
        const folded = known ?? (await states.catchUp(stream))
        known = undefined
        settled = waiting.slice(0, 1)
        const decided = await decideOn(stream, folded, waiting.slice(0, most))
        if ('parts' in decided) {
          settled = decided.parts.map(({ entry }) => entry)
          const written = await write(stream, folded, decided.parts)
          if (written === 'written') return settled.length
          if (written === 'too much at once') [most, known] = [1, folded]
        } else if (isCurrent) {
          if ('refusal' in decided) throw decided.refusal
          settled[0]?.resolve(decided.answer)
          return 1
        }
      }
      throw new StoreUnavailable(`${stream} changed under ${attemptsMax} attempts`, false)
    } catch (error) {
      for (const { reject } of settled) reject(error)
      return settled.length
    }
  }
}

/** What is to be written, else what the first one is told where the state is current. */
function createDecision<State, Command, Event extends DomainEvent>({
  store,
  context,
  decider,
}: AggregateOptions<State, Command, Event>) {
  const plan = createPlan(decider, createEventCheck(context))

  return async (
    stream: string,
    folded: Folded<State>,
    waiting: readonly Waiting<State, Command, Event>[],
  ): Promise<Decided<State, Command, Event>> => {
    const { state, version } = folded
    const [first] = waiting
    if (!first) throw new Error('Nobody waits')
    try {
      const earlier = await findEarlier(store, stream, folded, first.cause)
      if (earlier) {
        const events = earlier.flatMap((each) => (decode(context, each) as Event) ?? [])
        return { answer: { state, version, events, ...pointOf(context, earlier) } }
      }
      const { expectedVersion } = first
      if (expectedVersion !== undefined && expectedVersion !== version) {
        await refuseStale(store, stream, expectedVersion, version)
      }
      const parts = plan(folded, waiting)
      return parts.length > 0 ? { parts } : { answer: { state, version, events: [] } }
    } catch (refusal) {
      return { refusal }
    }
  }
}

/** Appends all parts at once, and answers each where that held. */
function createWrite<State, Command, Event extends DomainEvent>(
  { store }: AggregateOptions<State, Command, Event>,
  states: States<State>,
) {
  return async (
    stream: string,
    folded: Folded<State>,
    parts: readonly Part<State, Command, Event>[],
  ): Promise<'written' | 'overtaken' | 'too much at once'> => {
    const fresh = parts.flatMap((part) => part.fresh)
    const expected = folded.version === 0 ? 'none' : folded.version - 1
    const result = await store.append(stream, fresh, expected).catch((error: unknown) => {
      if (error instanceof AppendRefused && parts.length > 1) return undefined
      throw error
    })
    if (!result) return 'too much at once'
    if (result.status === 'conflict') {
      // Behind what is known of it: the store was restored from a backup.
      const actual = result.actual === 'none' ? 0 : result.actual + 1
      if (actual < folded.version) states.forget(stream)
      return 'overtaken'
    }
    const last = parts.at(-1)?.after
    if (last) states.keep(stream, last)
    // Where the last of all lie, whosever they are: who has seen those has seen its own.
    const lastPublic = parts.flatMap((part) => part.isPublic).lastIndexOf(true)
    const count = fresh.length
    const publicPoint = await publicPointOf(store, stream, result, { count, lastPublic })
    for (const { entry, events, after, isPublic } of parts) {
      const { state, version } = after
      const point = isPublic.includes(true) ? publicPoint : {}
      entry.resolve({ state, version, events, position: result.position, ...point })
    }
    return 'written'
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
