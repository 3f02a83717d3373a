import type { PasswordChanged } from '@atrium/contracts/auth/events.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import { endSessions, type EndSessionsDeps } from '../sessions.ts'

const reasons = { change: 'password-changed', reset: 'password-reset' } as const

/**
 * The request that changed the password ends the other sessions itself, before it answers. This
 * makes up for one that died between the two.
 */
export const endSessionsOnPasswordChanged = defineReaction<PasswordChanged, EndSessionsDeps>({
  name: 'end-sessions-on-password-changed',
  source: 'auth',
  on: 'PasswordChanged',
  timeoutMs: 30_000,
  attemptsMax: 8,
  async react(event, deps) {
    const { userId, reason, keptSessionId, changedAt } = event.data
    return endSessions(
      deps,
      {
        userId,
        position: event.position,
        ...(keptSessionId === undefined ? {} : { exceptId: keptSessionId }),
        reason: reasons[reason],
        at: changedAt,
      },
      causedBy(event, 'auth'),
    )
  },
})
