import type { UserRemoved } from '@atrium/contracts/auth/events.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import type { Owners } from '../owner.ts'

export interface Deps {
  readonly owners: Owners
}

/**
 * Everything that the account had here goes, also a personal workspace that comes only after this:
 * a closed owner is given none.
 */
export const closeOwnerOnUserRemoved = defineReaction<UserRemoved, Deps>({
  name: 'close-owner-on-user-removed',
  source: 'auth',
  on: 'UserRemoved',
  timeoutMs: 30_000,
  attemptsMax: 8,
  async react(event, { owners }) {
    const { userId, removedAt } = event.data
    return owners.handle(
      userId,
      { type: 'CloseOwner', ownerId: userId, at: removedAt },
      causedBy(event, 'instances'),
    )
  },
})
