import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { findUser, type ClaimingDeps } from './claiming.ts'
import { identifiersOf, registerUser, type Registration } from './registration.ts'
import { hashOf, newRefreshToken } from './refresh-token.ts'
import { endSessions, type EndSessionsDeps, type SessionDeps } from './sessions.ts'
import { accessTokenSeconds } from './signing-keys/signing-keys.ts'
import { registered, type RegisteredUser } from './user.ts'

/*
 * Accounts that come from another platform. They are registered like any other, by claims, and are
 * the importer's until somebody signs in to them.
 */

export type ImportDeps = ClaimingDeps & SessionDeps & EndSessionsDeps

export type Import = Registration & Required<Pick<Registration, 'importedFrom'>>

export interface Imported {
  readonly user: RegisteredUser
  readonly isNew: boolean
  readonly written: ConsistencyPoint
}

/**
 * Registers the account, or finds it as it was imported before under this id. Refused as
 * email-taken and username-taken, also where the id is another account's.
 */
export async function importUser(
  deps: ClaimingDeps,
  registration: Import,
  cause: Cause,
): Promise<Imported> {
  const known = await importedBefore(deps, registration, cause.tenant)
  if (known) return { user: known, isNew: false, written: {} }
  const handled = await registerUser(deps, registration, cause)
  return { user: registered(handled.state), isNew: true, written: pointOf(handled) }
}

/** What `importUser` would refuse, and whether it would write, without writing anything. */
export async function rehearseImport(
  deps: ClaimingDeps,
  registration: Import,
  tenant: string,
): Promise<{ readonly isNew: boolean }> {
  if (await importedBefore(deps, registration, tenant)) return { isNew: false }
  for (const identifier of identifiersOf(registration)) {
    if (await findUser(deps, tenant, identifier)) throw new Rejection(`${identifier.kind}-taken`)
  }
  return { isNew: true }
}

async function importedBefore({ users }: ClaimingDeps, given: Import, tenant: string) {
  const { state } = await users.load(tenant, given.userId)
  if (state.status === 'unknown') return undefined
  const isSame = state.status === 'registered' && state.email === given.email.trim()
  if (!isSame) throw new Rejection('email-taken')
  return state
}

export interface ActFor {
  readonly userId: string
  readonly impersonatorId: string
  readonly sessionId: string
  readonly at: string
}

/** How sessions name the importer among a person's devices. */
const deviceName = 'Import'

/** A session as the imported user, whose refresh token nobody gets. Refused as import-closed. */
export async function actForImported(deps: ImportDeps, acting: ActFor, cause: Cause) {
  const { userId, impersonatorId, sessionId, at } = acting
  const { tenant } = cause
  await importersUser(deps, tenant, userId)
  const expiresAt = new Date(Date.parse(at) + accessTokenSeconds * 1_000).toISOString()
  const refreshTokenHash = hashOf(newRefreshToken(tenant, sessionId))
  const own = { ...cause, actor: { userId, impersonatorId }, sessionId }
  const handled = await deps.sessions.handle(
    sessionId,
    { type: 'StartSession', sessionId, userId, refreshTokenHash, deviceName, expiresAt, at },
    partOf(own, 'start-session'),
  )
  const platformAdministrator = false
  const subject = { tenant, userId, sessionId, platformAdministrator, impersonatorId }
  const accessToken = await deps.signingKeys.sign(subject)
  return { accessToken, expiresIn: accessTokenSeconds, written: pointOf(handled) }
}

/**
 * The account is gone, its address free; so are the importer's sessions. One that this process does
 * not live to end ends by itself within the time of an access token.
 */
export async function removeImported(
  deps: ImportDeps,
  { userId, at }: { readonly userId: string; readonly at: string },
  cause: Cause,
): Promise<ConsistencyPoint> {
  const command = { type: 'RemoveImportedUser', userId, at } as const
  const handled = await deps.users.handle(userId, command, partOf(cause, 'remove'))
  const { position = 0 } = handled
  const ending = { userId, position, reason: 'account-removed', at } as const
  return laterOf(pointOf(handled), await endSessions(deps, ending, cause))
}

async function importersUser({ users }: ClaimingDeps, tenant: string, userId: string) {
  const user = registered((await users.load(tenant, userId)).state)
  if (!user.isImporters) throw new Rejection('import-closed')
}
