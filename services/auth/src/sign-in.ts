import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { findUser, type ClaimingDeps } from './claiming.ts'
import { identifierFrom } from './identifiers.ts'
import type { PasswordHashing } from './password-hashing.ts'
import { requireStrong } from './password-rules.ts'
import {
  endSessions,
  startSession,
  type EndSessionsDeps,
  type SessionDeps,
  type SignedIn,
} from './sessions.ts'
import type { SignInLimits } from './sign-in-limits.ts'
import { registered, type RegisteredUser } from './user.ts'

export interface SignInDeps extends ClaimingDeps, SessionDeps {
  readonly passwords: PasswordHashing
  readonly limits: SignInLimits
}

export interface SignIn {
  readonly identifier: string
  readonly password: string
  readonly address: string
  readonly sessionId: string
  readonly deviceName: string
  readonly at: string
}

/** The account that failures count for; an identifier that is nobody's counts by itself. */
export const accountKey = (user: RegisteredUser | undefined, identifier: string) =>
  user ? `user ${user.id}` : `identifier ${identifier}`

/** A well-formed id that is nobody's. */
const nobody = `usr_${'0'.repeat(32)}`

/** Whom text means that someone signs in with, by as many reads where it is nobody. */
export async function findAccount(deps: ClaimingDeps, tenant: string, typed: string) {
  const identifier = identifierFrom(typed)
  const account = identifier && (await findUser(deps, tenant, identifier))
  if (!account) await deps.users.load(tenant, nobody)
  return { account, key: accountKey(account?.user, identifier?.value ?? typed) }
}

/**
 * Signs in by e-mail address or user name. Refused as invalid-credentials, after the same work
 * whether or not there is such an account, and as locked.
 */
export async function signIn(deps: SignInDeps, request: SignIn, cause: Cause): Promise<SignedIn> {
  const { tenant } = cause
  const { at } = request
  const { account, key } = await findAccount(deps, tenant, request.identifier)
  const attempt = { tenant, account: key, address: request.address }
  const { user, version } = await deps.limits.attempt(attempt, at, async () => {
    const matches = await deps.passwords.verify(request.password, account?.user.passwordHash)
    if (account && matches) return account
    await deps.limits.recordFailure(attempt, at, cause)
    throw new Rejection('invalid-credentials')
  })
  await deps.limits.openAccount(tenant, attempt.account, at, cause)
  const upgraded = await upgradeHash(deps, user, request, cause)
  const signedIn = await startSession(deps, { user, version: upgraded ?? version }, request, cause)
  await requireSamePassword(deps, user, request, cause)
  return signedIn
}

/** Makes an old hash one of today's, now that the password is at hand. The new version, if any. */
async function upgradeHash(
  { passwords, users }: SignInDeps,
  { id: userId, passwordHash }: RegisteredUser,
  { password, at }: SignIn,
  cause: Cause,
): Promise<number | undefined> {
  if (!passwords.isOutdated(passwordHash)) return undefined
  const { version } = await users.handle(
    userId,
    {
      type: 'UpgradePasswordHash',
      userId,
      passwordHash: await passwords.hash(password),
      previousHash: passwordHash,
      at,
    },
    partOf({ ...cause, actor: { userId } }, 'upgrade-hash'),
  )
  return version
}

/**
 * A new password ends every session that began before it. One that began after it, but with the old
 * password, is ended here.
 */
async function requireSamePassword(
  { users, sessions }: SignInDeps,
  user: RegisteredUser,
  { sessionId, at }: SignIn,
  cause: Cause,
) {
  const { state } = await users.load(cause.tenant, user.id)
  if (registered(state).passwordsReplaced === user.passwordsReplaced) return
  await sessions.handle(
    sessionId,
    { type: 'EndSession', userId: user.id, reason: 'password-changed', at },
    partOf(cause, 'end-session'),
  )
  throw new Rejection('invalid-credentials')
}

export interface ChangeOfPassword {
  readonly userId: string
  readonly sessionId: string
  readonly currentPassword: string
  readonly newPassword: string
  readonly address: string
  readonly at: string
}

/**
 * Replaces the password and ends every other session. Refused as password-too-weak,
 * invalid-credentials and locked.
 */
export async function changePassword(
  deps: SignInDeps & EndSessionsDeps,
  request: ChangeOfPassword,
  cause: Cause,
) {
  const { userId, sessionId, address, at } = request
  const { tenant } = cause
  const { state } = await deps.users.load(tenant, userId)
  const user = registered(state)
  requireStrong(request.newPassword, user, '/newPassword')
  const attempt = { tenant, account: accountKey(user, ''), address }
  await deps.limits.attempt(attempt, at, async () => {
    if (await deps.passwords.verify(request.currentPassword, user.passwordHash)) return
    await deps.limits.recordFailure(attempt, at, cause)
    throw new Rejection('invalid-credentials')
  })
  await deps.limits.openAccount(tenant, attempt.account, at, cause)
  const passwordHash = await deps.passwords.hash(request.newPassword)
  const { passwordHash: previousHash } = user
  const handled = await deps.users.handle(
    userId,
    { type: 'ChangePassword', userId, passwordHash, previousHash, keptSessionId: sessionId, at },
    partOf(cause, 'change-password'),
  )
  const { position = 0 } = handled
  const ending = { userId, position, exceptId: sessionId, reason: 'password-changed', at } as const
  const ended = await endSessions(deps, ending, cause)
  return laterOf(pointOf(handled), ended)
}
