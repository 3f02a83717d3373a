import type { Recorded } from '@atrium/contracts/cloud-event.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { DomainEvent } from '../decider/decider.ts'

/**
 * What a context does about another's (or its own) public event. The event is a wake-up: `react`
 * looks at what is true now and issues commands whose ids derive from the event (`causedBy`), so
 * that redelivery and replicas change nothing. Events of one source aggregate are handled one at a
 * time, in order.
 */
export interface ReactionDefinition<Event extends DomainEvent, Deps> {
  /** `<effect>-on-<event>`. */
  readonly name: string
  readonly source: Context
  /**
   * One type, or those whose order among each other matters: a reaction handles all that it is
   * about in the order of the source aggregate, while two reactions may be at different events. A
   * type that is added later is seen from then on; only a new reaction begins at the first event.
   */
  readonly on: Event['type'] | readonly Event['type'][]
  /**
   * Longer than `storeGiveUpAfterMs`, where it writes: a store that is away then costs no attempt,
   * an overrun does.
   */
  readonly timeoutMs: number
  /** Then the row is parked, alerted, and replayable by hand. */
  readonly attemptsMax: number
  /** Resolves with how far its commands have written, so that readers can wait for their effect. */
  react(
    event: ReactedEvent<Event>,
    deps: Deps,
    signal: AbortSignal,
  ): Promise<ConsistencyPoint | undefined>
}

/** A public event as delivered, its data in the newest version, to the reaction of that name. */
export type ReactedEvent<Event extends DomainEvent> = Omit<Recorded, 'type' | 'data'> &
  Event & { readonly reaction: string }

export const defineReaction = <Event extends DomainEvent, Deps>(
  definition: ReactionDefinition<Event, Deps>,
): ReactionDefinition<Event, Deps> => definition
