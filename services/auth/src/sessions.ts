import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import type { Tokens, User } from '@atrium/contracts/auth/http.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { listSessionIdsBefore } from './projections/session-list/query.ts'
import {
  decodeRefreshToken,
  encodeRefreshToken,
  hashOf,
  newRefreshToken,
  type RefreshToken,
} from './refresh-token.ts'
import type { EndReason, SessionCommand, SessionEvent, SessionState } from './session.ts'
import { accessTokenSeconds, type SigningKeys } from './signing-keys/signing-keys.ts'
import type { RegisteredUser } from './user.ts'

export type Sessions = Aggregate<SessionState, SessionCommand, SessionEvent>

/** Sessions whose end counts in this process at once, before the news comes round by NATS. */
export const notingRevocations = (
  sessions: Sessions,
  revocations: { note(sessionId: string): void },
): Sessions => ({
  load: sessions.load,
  async handle(id, command, cause, options) {
    const handled = await sessions.handle(id, command, cause, options)
    if (handled.state.status === 'ended') revocations.note(id)
    return handled
  },
})

export interface SessionDeps {
  readonly sessions: Sessions
  readonly signingKeys: SigningKeys
  readonly refreshTokenKey: Buffer
  /** A session that is not refreshed for so long has ended. */
  readonly sessionSeconds: number
}

export interface SignedIn {
  readonly tokens: Tokens
  readonly written: ConsistencyPoint
}

interface Account {
  readonly user: RegisteredUser
  readonly version: number
}

/** What an account's owner sees of it. */
export const userBody = (tenant: string, { user, version }: Account): User => ({
  id: user.id,
  tenantId: tenant,
  email: user.email,
  username: user.username,
  name: user.name,
  platformAdministrator: user.platformAdministrator,
  settings: user.settings,
  version,
  createdAt: user.createdAt,
})

const expiry = ({ sessionSeconds }: SessionDeps, at: string) =>
  new Date(Date.parse(at) + sessionSeconds * 1_000).toISOString()

/** Begins a session; `cause` becomes the person's own. */
export async function startSession(
  deps: SessionDeps,
  account: Account,
  request: { readonly sessionId: string; readonly deviceName: string; readonly at: string },
  cause: Cause,
): Promise<SignedIn> {
  const { sessionId, deviceName, at } = request
  const token = newRefreshToken(cause.tenant, sessionId)
  const userId = account.user.id
  const command: SessionCommand = {
    type: 'StartSession',
    sessionId,
    userId,
    refreshTokenHash: hashOf(token),
    deviceName,
    expiresAt: expiry(deps, at),
    at,
  }
  const own = { ...cause, actor: { userId }, sessionId }
  const handled = await deps.sessions.handle(sessionId, command, partOf(own, 'start-session'))
  return { tokens: await tokensFor(deps, account, token), written: pointOf(handled) }
}

export interface Refresh {
  readonly refreshToken: string
  /** Where the request names one: the token must be of it. */
  readonly tenant: string | undefined
  readonly at: string
}

/**
 * Exchanges a refresh token. Refused as refresh-token-invalid (not ours), refresh-token-reused
 * (spent: the session ends by this), session-revoked (ended or expired). Of two parallel exchanges
 * of one token one wins, and the other ends the session: it cannot be told from a theft.
 */
export async function refreshSession(
  deps: SessionDeps & { readonly loadUser: (tenant: string, id: string) => Promise<Account> },
  { refreshToken, tenant: named, at }: Refresh,
  cause: Cause,
): Promise<SignedIn> {
  const presented = decodeRefreshToken(refreshToken, deps.refreshTokenKey)
  if (!presented) throw new Rejection('refresh-token-invalid')
  const { tenant, sessionId } = presented
  if (named !== undefined && named !== tenant) throw new Rejection('refresh-token-invalid')
  const next = newRefreshToken(tenant, sessionId)
  const { state: before } = await deps.sessions.load(tenant, sessionId)
  const actor = before.status === 'unknown' ? {} : { userId: before.userId }
  const command: SessionCommand = {
    type: 'RefreshSession',
    presentedHash: hashOf(presented),
    refreshTokenHash: hashOf(next),
    expiresAt: expiry(deps, at),
    at,
  }
  const own = { ...cause, tenant, actor, sessionId }
  const handled = await deps.sessions.handle(sessionId, command, own)
  const { state } = handled
  if (state.status !== 'active') throw new Rejection('refresh-token-reused')
  const account = await deps.loadUser(tenant, state.userId)
  return { tokens: await tokensFor(deps, account, next), written: pointOf(handled) }
}

async function tokensFor(
  { signingKeys, refreshTokenKey }: SessionDeps,
  account: Account,
  token: RefreshToken,
): Promise<Tokens> {
  const { tenant, sessionId } = token
  const { id: userId, platformAdministrator } = account.user
  return {
    user: userBody(tenant, account),
    accessToken: await signingKeys.sign({ tenant, userId, sessionId, platformAdministrator }),
    refreshToken: encodeRefreshToken(token, refreshTokenKey),
    expiresIn: accessTokenSeconds,
  }
}

export interface EndSessionsDeps {
  readonly sessions: Sessions
  readonly database: Pick<Database, 'forTenant'>
  readonly projections: {
    waitFor(position: number, options: { timeoutMs: number }): Promise<unknown>
  }
}

export interface EndSessions {
  readonly userId: string
  /** Those that began at or before this position of the log. */
  readonly position: number
  readonly exceptId?: string
  readonly reason: EndReason
  readonly at: string
}

const pageMax = 100
const pagesMax = 1_000
const projectionWaitMs = 5_000

/**
 * Ends a user's sessions that began up to a position: exact, because the read model is waited for.
 * May be repeated. Throws Rejection `not-yet-consistent` where the read model does not come so far.
 */
export async function endSessions(
  { sessions, database, projections }: EndSessionsDeps,
  request: EndSessions,
  cause: Cause,
): Promise<ConsistencyPoint> {
  const { userId, position, exceptId, reason, at } = request
  await projections.waitFor(position, { timeoutMs: projectionWaitMs })
  let written: ConsistencyPoint = {}
  let afterId = ''
  for (let page = 0; page < pagesMax; page += 1) {
    const query = { userId, position, afterId, limit: pageMax }
    const ids = await database.forTenant(
      cause.tenant,
      (client) => listSessionIdsBefore(client, query),
      { readOnly: true },
    )
    const ending = ids.filter((id) => id !== exceptId)
    const ended = await Promise.all(
      ending.map((id) =>
        sessions.handle(id, { type: 'EndSession', userId, reason, at }, partOf(cause, `end-${id}`)),
      ),
    )
    written = ended.map(pointOf).reduce(laterOf, written)
    const last = ids.at(-1)
    if (ids.length < pageMax || last === undefined) return written
    afterId = last
  }
  throw new Error(`a user with more than ${pageMax * pagesMax} sessions`)
}
