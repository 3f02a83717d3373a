import type { Decider, DomainEvent } from '../decider/decider.ts'
import { Rejection } from '../rejection.ts'

/**
 * Given these events, when this command: its events, or the rejection that it met. Pure: for the
 * tests of a domain file, which read as given / when / then.
 */
export function createGiven<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
) {
  return (...history: readonly Event[]) => {
    const state = history.reduce(
      (folded, event) => decider.evolve(folded, event),
      decider.initialState,
    )
    return {
      state,
      when(command: Command): { events: readonly Event[]; rejection?: Rejection } {
        try {
          return { events: decider.decide(command, state) }
        } catch (error) {
          if (error instanceof Rejection) return { events: [], rejection: error }
          throw error
        }
      },
    }
  }
}
