import type { UserRegistered } from '@atrium/contracts/auth/events.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import { derivedId } from '@atrium/platform/identifier.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import type { Owners } from '../owner.ts'

export interface Deps {
  readonly owners: Owners
}

export const createPersonalWorkspaceOnUserRegistered = defineReaction<UserRegistered, Deps>({
  name: 'create-personal-workspace-on-user-registered',
  source: 'auth',
  on: 'UserRegistered',
  timeoutMs: 30_000,
  attemptsMax: 8,
  async react(event, { owners }) {
    const { userId, registeredAt } = event.data
    // Derived, so that a second delivery names the same instance.
    const instanceId = derivedId('ins', 'personal-workspace', event.metadata.tenant, userId)
    return owners.handle(
      userId,
      { type: 'ProvisionPersonalWorkspace', ownerId: userId, instanceId, at: registeredAt },
      causedBy(event, 'instances'),
    )
  },
})
