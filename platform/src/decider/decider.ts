/**
 * The pure heart of an aggregate. Time, ids and prices arrive in the command, so that a replay
 * agrees with what happened.
 */
export interface Decider<State, Command, Event> {
  /** What is true before the first event. */
  readonly initialState: State
  /**
   * The facts that follow from a command, none where nothing changes. Throws Rejection to refuse.
   */
  decide(command: Command, state: State): readonly Event[]
  /** The state after one more fact. Never refuses, never mutates. */
  evolve(state: State, event: Event): State
}

/** What an event is to the domain: its name and its data in the newest version. */
export interface DomainEvent {
  readonly type: string
  readonly data: unknown
}
