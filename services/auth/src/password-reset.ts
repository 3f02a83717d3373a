import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { findUser, type ClaimingDeps } from './claiming.ts'
import { emailFrom } from './identifiers.ts'
import { requireStrong } from './password-rules.ts'
import { decodeResetToken } from './reset-token.ts'
import { endSessions, type EndSessionsDeps } from './sessions.ts'
import { accountKey, type SignInDeps } from './sign-in.ts'
import { mayReset } from './user.ts'

export const resetLinkMinutes = 30

/** Notes the wish for a link, if there is such an account; mailing it is a reaction's work. */
export async function requestPasswordReset(
  deps: ClaimingDeps,
  request: { readonly email: string; readonly resetId: string; readonly at: string },
  cause: Cause,
): Promise<void> {
  const { resetId, at } = request
  const account = await findUser(deps, cause.tenant, emailFrom(request.email))
  if (!account) return
  const userId = account.user.id
  const expiresAt = new Date(Date.parse(at) + resetLinkMinutes * 60_000).toISOString()
  await deps.users.handle(
    userId,
    { type: 'RequestPasswordReset', userId, resetId, expiresAt, at },
    partOf(cause, 'request-reset'),
  )
}

/**
 * Sets a new password by the token of a mailed link, ends every session and opens the account's
 * lock. Refused as reset-token-invalid, and as password-too-weak without spending the link.
 */
export async function resetPassword(
  deps: SignInDeps & EndSessionsDeps & { readonly resetTokenKey: Buffer },
  request: { readonly token: string; readonly password: string; readonly at: string },
  cause: Cause,
) {
  const { password, at } = request
  const token = decodeResetToken(request.token, deps.resetTokenKey)
  if (!token) throw new Rejection('reset-token-invalid')
  const { tenant, userId, resetId } = token
  const { state } = await deps.users.load(tenant, userId)
  if (state.status !== 'registered' || !mayReset(state, resetId, at)) {
    throw new Rejection('reset-token-invalid')
  }
  requireStrong(password, state, '/password')
  const passwordHash = await deps.passwords.hash(password)
  const own = { ...cause, tenant, actor: { userId } }
  const handled = await deps.users.handle(
    userId,
    { type: 'ResetPassword', userId, resetId, passwordHash, at },
    partOf(own, 'reset-password'),
  )
  await deps.limits.openAccount(tenant, accountKey(state, ''), at, own)
  const { position = 0 } = handled
  const ended = await endSessions(deps, { userId, position, reason: 'password-reset', at }, own)
  return laterOf(pointOf(handled), ended)
}
