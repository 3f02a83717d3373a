import { appendEventsMax, type NewEvent } from '../event-store/port.ts'
import { eventIdOf } from '../identifier.ts'
import type { Handled } from './aggregate.ts'
import { metadataOf, type Cause } from './cause.ts'
import type { createEventCheck } from './codec.ts'
import type { Decider, DomainEvent } from './decider.ts'
import type { Folded } from './states.ts'
import { mayBeWritten } from './written.ts'

/** A command whose caller waits. */
export interface Waiting<State, Command, Event> {
  readonly command: Command
  readonly cause: Cause
  readonly expectedVersion: number | undefined
  resolve(handled: Handled<State, Event>): void
  reject(error: unknown): void
}

/** What one command of an append leads to. */
export interface Part<State, Command, Event> {
  readonly entry: Waiting<State, Command, Event>
  readonly events: readonly Event[]
  readonly fresh: readonly NewEvent[]
  /** Of each event. */
  readonly isPublic: readonly boolean[]
  readonly after: Folded<State>
}

/** Commands in one append. */
export const commandsMax = 100

/**
 * Decides the first of the commands that wait, and behind it as many as plainly lead to events too,
 * each on what those before it lead to. One that is refused, leads to nothing, names a version or
 * may have been written already has its own turn: what it is told must not hang on an append that
 * may fail. None where the first one leads to nothing; throws what it is refused with.
 */
export function createPlan<State, Command, Event extends DomainEvent>(
  { decide, evolve }: Decider<State, Command, Event>,
  check: ReturnType<typeof createEventCheck>,
) {
  const partOf = (
    before: Folded<State>,
    entry: Waiting<State, Command, Event>,
  ): Part<State, Command, Event> => {
    const { command, cause } = entry
    const events = decide(command, before.state)
    const definitions = events.map((event) => check(event))
    const fresh = events.map((event, index) => ({
      id: eventIdOf(cause.commandId, index),
      type: event.type,
      data: event.data,
      metadata: metadataOf(cause, definitions[index]?.version ?? 1),
    }))
    const after = {
      state: events.reduce((state, event) => evolve(state, event), before.state),
      version: before.version + events.length,
      ids: before.ids.with(fresh.map(({ id }) => id)),
    }
    const isPublic = definitions.map(({ visibility }) => visibility === 'public')
    return { entry, events, fresh, isPublic, after }
  }

  const ifPlain = (before: Folded<State>, entry: Waiting<State, Command, Event>) => {
    if (entry.expectedVersion !== undefined || mayBeWritten(before, entry.cause)) return undefined
    try {
      const part = partOf(before, entry)
      return part.events.length > 0 ? part : undefined
    } catch {
      return undefined // it is decided again in its own turn, and refused then
    }
  }

  return (
    folded: Folded<State>,
    [first, ...others]: readonly Waiting<State, Command, Event>[],
  ): readonly Part<State, Command, Event>[] => {
    const alone = first && partOf(folded, first)
    if (!alone || alone.events.length === 0) return []
    const parts = [alone]
    let { after } = alone
    for (const entry of others) {
      const part = ifPlain(after, entry)
      if (!part || part.after.version - folded.version > appendEventsMax) break
      parts.push(part)
      after = part.after
    }
    return parts
  }
}
