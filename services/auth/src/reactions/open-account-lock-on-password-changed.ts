import type { PasswordChanged } from '@atrium/contracts/auth/events.ts'
import { causedBy } from '@atrium/platform/decider/cause.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import type { Users } from '../claiming.ts'
import { accountKey } from '../sign-in.ts'
import type { SignInLimits } from '../sign-in-limits.ts'
import { registered } from '../user.ts'

export interface Deps {
  readonly users: Users
  readonly limits: Pick<SignInLimits, 'openAccount'>
}

/**
 * The request that reset the password opens the account's lock itself, before it answers. This
 * makes up for one that died between the two: its link is spent, and could not be tried again.
 */
export const openAccountLockOnPasswordChanged = defineReaction<PasswordChanged, Deps>({
  name: 'open-account-lock-on-password-changed',
  source: 'auth',
  on: 'PasswordChanged',
  timeoutMs: 10_000,
  attemptsMax: 8,
  async react(event, { users, limits }) {
    const { userId, reason, changedAt } = event.data
    if (reason !== 'reset') return undefined
    const { tenant } = event.metadata
    const { state } = await users.load(tenant, userId)
    const key = accountKey(registered(state), '')
    await limits.openAccount(tenant, key, changedAt, causedBy(event, 'auth'))
    return undefined
  },
})
