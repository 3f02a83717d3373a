import type { Context } from '@atrium/contracts/context.ts'
import { LRUCache } from 'lru-cache'
import type { EventStore } from '../event-store/port.ts'
import { decode } from './codec.ts'
import type { Decider, DomainEvent } from './decider.ts'
import { idsKeptMaxDefault, noIds, type RecentIds } from './recent-ids.ts'

/** A stream's state after its first `version` events. */
export interface Folded<State> {
  readonly state: State
  readonly version: number
  /** Of the last events: of all where the stream is no longer than what is kept. */
  readonly ids: RecentIds
}

/** The states of an aggregate's streams, the recent ones kept. */
export interface States<State> {
  /** The kept state and what was written since. */
  catchUp(stream: string): Promise<Folded<State>>
  /** The kept state, which other processes may have left behind. */
  kept(stream: string): Folded<State> | undefined
  /** Notes what this process has just written. */
  keep(stream: string, folded: Folded<State>): void
  /** For a kept state that the stream no longer bears out. */
  forget(stream: string): void
}

export interface StatesOptions<State, Command, Event> {
  readonly store: EventStore
  readonly context: Context
  readonly decider: Decider<State, Command, Event>
  readonly statesMax?: number
  readonly idsKeptMax?: number
}

const statesMaxDefault = 10_000

/** Of all kept states together; each id takes eight bytes. */
const idsInAllMax = 4_000_000

export function createStates<State, Command, Event extends DomainEvent>(
  options: StatesOptions<State, Command, Event>,
): States<State> {
  const { store, context, decider, statesMax = statesMaxDefault } = options
  const { idsKeptMax = idsKeptMaxDefault } = options
  const recent = new LRUCache<string, Folded<State>>({
    max: statesMax,
    maxSize: idsInAllMax,
    sizeCalculation: ({ ids }) => ids.length + 1,
  })
  const blank: Folded<State> = { state: decider.initialState, version: 0, ids: noIds(idsKeptMax) }

  return {
    async catchUp(stream) {
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
      const folded = { state, version, ids: before.ids.with(ids) }
      recent.set(stream, folded)
      return folded
    },

    kept: (stream) => recent.get(stream),

    keep(stream, folded) {
      recent.set(stream, folded)
    },

    forget(stream) {
      recent.delete(stream)
    },
  }
}
