import type { Handled } from '@atrium/platform/decider/aggregate.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { claimIdOf, claimValue, releaseValue, type ClaimingDeps } from './claiming.ts'
import { usernameFrom, type Identifier } from './identifiers.ts'
import { registered, user, type ChangeProfile, type UserEvent, type UserState } from './user.ts'

/** Lost races with other changes of the same account before giving up. */
const attemptsMax = 32

/**
 * Changes the profile; a new user name is claimed first, and the old one released after. The change
 * is written at the version that was loaded before the claim. So whoever voids the claim voids the
 * change, and a release of the old name cannot undo a later change back to it.
 */
export async function changeProfile(
  deps: ClaimingDeps,
  change: Omit<ChangeProfile, 'type'>,
  cause: Cause,
  expectedVersion: number | undefined,
): Promise<Handled<UserState, UserEvent>> {
  const { users } = deps
  const { userId, at } = change
  const command = { ...change, type: 'ChangeProfile' } as const
  if (change.username === undefined) {
    const pinned = expectedVersion === undefined ? {} : { expectedVersion }
    return users.handle(userId, command, partOf(cause, 'change-profile'), pinned)
  }

  const wanted = change.username === null ? undefined : usernameFrom(change.username)
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const step = partOf(cause, `change-profile-${attempt}`)
    const before = await users.load(cause.tenant, userId)
    const version = expectedVersion ?? before.version
    const { username } = registered(before.state)
    const old = username === null ? undefined : usernameFrom(username)
    const oldVersion = old && (await claimVersion(deps, cause.tenant, old))
    if (wanted && version === before.version) {
      user.decide(command, before.state) // what is refused anyway takes no name from others
      await claimValue(deps, wanted, userId, at, step)
    }
    try {
      const handled = await users.handle(userId, command, step, { expectedVersion: version })
      if (old && old.value !== wanted?.value) {
        await releaseValue(deps, old, userId, at, step, oldVersion)
      }
      return handled
    } catch (error) {
      const raced = error instanceof Rejection && error.code === 'version-conflict'
      if (!raced || expectedVersion !== undefined) throw error
    }
  }
  throw new StoreUnavailable(`an account changed under ${attemptsMax} attempts`, false)
}

async function claimVersion(
  { claims, claimKey }: ClaimingDeps,
  tenant: string,
  identifier: Identifier,
): Promise<number> {
  const { version } = await claims.load(tenant, claimIdOf(identifier, claimKey))
  return version
}
