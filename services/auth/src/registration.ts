import type { Handled } from '@atrium/platform/decider/aggregate.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { claimValue, releaseValue, type ClaimingDeps } from './claiming.ts'
import { emailFrom, usernameFrom, type Identifier } from './identifiers.ts'
import type { RegisterUser, UserEvent, UserState } from './user.ts'

export type Registration = Omit<RegisterUser, 'type'>

/** What must be nobody else's in the tenant. Refuses as validation-failed what is malformed. */
export const identifiersOf = ({
  email,
  username,
}: Pick<Registration, 'email' | 'username'>): readonly Identifier[] => [
  emailFrom(email),
  ...(username === undefined ? [] : [usernameFrom(username)]),
]

/**
 * Claims the address and the user name, then writes the account. What is refused releases its
 * claims; what dies half way leaves them to whoever wants them next. Refused as email-taken or
 * username-taken, also while another registration of the same value is under way.
 */
export async function registerUser(
  deps: ClaimingDeps,
  registration: Registration,
  cause: Cause,
): Promise<Handled<UserState, UserEvent>> {
  const { userId, at } = registration
  const claimed: Identifier[] = []
  try {
    for (const identifier of identifiersOf(registration)) {
      await claimValue(deps, identifier, userId, at, cause)
      claimed.push(identifier)
    }
    return await writeUser(deps, registration, cause)
  } catch (error) {
    // After a lost answer the account may exist: only a refusal proves that it does not.
    if (error instanceof Rejection) {
      for (const identifier of claimed) await releaseValue(deps, identifier, userId, at, cause)
    }
    throw error
  }
}

/** The last step: the claims are held. */
export const writeUser = (deps: ClaimingDeps, registration: Registration, cause: Cause) =>
  deps.users.handle(
    registration.userId,
    { ...registration, type: 'RegisterUser', email: registration.email.trim() },
    partOf(cause, 'register'),
  )
