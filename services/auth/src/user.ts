import { isDeepStrictEqual } from 'node:util'
import type * as contract from '@atrium/contracts/auth/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import type { ClaimKind } from './claim.ts'
import { normaliseEmail, normaliseUsername } from './identifiers.ts'

/*
 * A person's account in one tenant. That an address or a user name belongs to one account alone is
 * held by claims; this stream says which account a claim has become a fact of.
 */

export type Settings = Readonly<Record<string, unknown>>

export interface RegisteredUser {
  readonly status: 'registered'
  readonly id: string
  readonly email: string
  readonly username: string | null
  readonly name: string | null
  readonly passwordHash: string
  /** Counts replaced passwords: a sign-in that saw an older number is void. */
  readonly passwordsReplaced: number
  readonly settings: Settings
  readonly platformAdministrator: boolean
  /** It came from another platform, and nobody has signed in to it yet. */
  readonly isImporters: boolean
  readonly reset: { readonly id: string; readonly expiresAt: string } | undefined
  /** When the latest links were asked for, oldest first. */
  readonly resetsRequested: readonly string[]
  readonly createdAt: string
}

export type UserState =
  | { readonly status: 'unknown' }
  /** The registration stalled and another one took its claims, or it was undone: never again. */
  | { readonly status: 'abandoned' }
  | RegisteredUser

export type UserCommand =
  | RegisterUser
  | AbandonClaim
  | ChangeProfile
  | ChangePassword
  | UpgradePasswordHash
  | RequestPasswordReset
  | ResetPassword
  | AppointPlatformAdministrator
  | RemoveImportedUser

interface Command {
  readonly userId: string
  readonly at: string
}

export interface RegisterUser extends Command {
  readonly type: 'RegisterUser'
  readonly email: string
  readonly username?: string
  readonly name?: string
  readonly passwordHash: string
  /** When the account began on the platform that it comes from. */
  readonly importedFrom?: { readonly registeredAt: string }
}

/** Closes this stream to a value that it claimed and does not hold. Nothing where it holds it. */
export interface AbandonClaim extends Command {
  readonly type: 'AbandonClaim'
  readonly kind: ClaimKind
  /** Normalised. */
  readonly value: string
}

/**
 * What is absent stays, null takes away; settings are merged key by key. A new user name was
 * claimed before, and the version is the one of before the claim: so a voided claim voids this too.
 */
export interface ChangeProfile extends Command {
  readonly type: 'ChangeProfile'
  readonly name?: string | null
  readonly username?: string | null
  readonly settings?: Settings
}

export interface ChangePassword extends Command {
  readonly type: 'ChangePassword'
  readonly passwordHash: string
  /** The hash that the given current password was compared with. */
  readonly previousHash: string
  readonly keptSessionId: string
}

/** The same password under today's rules; does nothing where it was replaced in the meantime. */
export interface UpgradePasswordHash extends Command {
  readonly type: 'UpgradePasswordHash'
  readonly passwordHash: string
  readonly previousHash: string
}

export interface RequestPasswordReset extends Command {
  readonly type: 'RequestPasswordReset'
  readonly resetId: string
  readonly expiresAt: string
}

export interface ResetPassword extends Command {
  readonly type: 'ResetPassword'
  readonly resetId: string
  readonly passwordHash: string
}

export interface AppointPlatformAdministrator extends Command {
  readonly type: 'AppointPlatformAdministrator'
}

/** Undoes an import. Refused as import-closed where the account is a person's own by now. */
export interface RemoveImportedUser extends Command {
  readonly type: 'RemoveImportedUser'
}

export type UserEvent = EventOf<
  | typeof contract.userRegistered
  | typeof contract.passwordSet
  | typeof contract.passwordChanged
  | typeof contract.profileChanged
  | typeof contract.usernameChanged
  | typeof contract.settingsChanged
  | typeof contract.passwordResetRequested
  | typeof contract.platformAdministratorAppointed
  | typeof contract.registrationAbandoned
  | typeof contract.usernameClaimAbandoned
  | typeof contract.userImported
  | typeof contract.userRemoved
>

/** Links mailed in half an hour: anyone may ask, and must not bury a person in mails. */
export const resetsPerWindowMax = 5
const resetWindowMs = 30 * 60_000

export const settingsKeysMax = 64
export const settingsBytesMax = 16 * 1024

export const user: Decider<UserState, UserCommand, UserEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve,
}

function decide(command: UserCommand, state: UserState): readonly UserEvent[] {
  switch (command.type) {
    case 'RegisterUser':
      return register(command, state)
    case 'AbandonClaim':
      return abandonClaim(command, state)
    case 'ChangeProfile':
      return changeProfile(command, registered(state))
    case 'ChangePassword':
      return changePassword(command, registered(state))
    case 'UpgradePasswordHash':
      return registered(state).passwordHash === command.previousHash
        ? [passwordSet(command, 'upgrade')]
        : []
    case 'RequestPasswordReset':
      return requestPasswordReset(command, registered(state))
    case 'ResetPassword':
      return resetPassword(command, registered(state))
    case 'AppointPlatformAdministrator':
      return appoint(command, registered(state))
    case 'RemoveImportedUser':
      return removeImported(command, registered(state))
  }
}

/** Refused as not-found for an account that is none. */
export function registered(state: UserState): RegisteredUser {
  if (state.status !== 'registered') throw new Rejection('not-found')
  return state
}

function register(command: RegisterUser, state: UserState): readonly UserEvent[] {
  // Whoever voided this registration has the address by now.
  if (state.status !== 'unknown') throw new Rejection('email-taken')
  const { userId, email, username, name, importedFrom, at } = command
  return [
    {
      type: 'UserRegistered',
      data: {
        userId,
        email,
        ...(username === undefined ? {} : { username }),
        ...(name === undefined ? {} : { name }),
        registeredAt: importedFrom?.registeredAt ?? at,
      },
    },
    passwordSet(command, importedFrom ? 'import' : 'registration'),
    ...(importedFrom ? [imported(command)] : []),
  ]
}

const passwordSet = (
  { userId, passwordHash, at }: Command & { readonly passwordHash: string },
  reason: 'registration' | 'change' | 'reset' | 'upgrade' | 'import',
): UserEvent => ({ type: 'PasswordSet', data: { userId, passwordHash, reason, setAt: at } })

const imported = ({ userId, at }: Command): UserEvent => ({
  type: 'UserImported',
  data: { userId, importedAt: at },
})

function removeImported(
  { userId, at }: RemoveImportedUser,
  state: RegisteredUser,
): readonly UserEvent[] {
  if (!state.isImporters) throw new Rejection('import-closed')
  return [{ type: 'UserRemoved', data: { userId, removedAt: at } }]
}

/** Whether the account holds a normalised value of a kind. */
export function holds(state: UserState, kind: ClaimKind, value: string): boolean {
  if (state.status !== 'registered') return false
  if (kind === 'email') return normaliseEmail(state.email) === value
  return state.username !== null && normaliseUsername(state.username) === value
}

function abandonClaim(command: AbandonClaim, state: UserState): readonly UserEvent[] {
  const { userId, at } = command
  switch (state.status) {
    case 'unknown':
      return [{ type: 'RegistrationAbandoned', data: { userId, abandonedAt: at } }]
    case 'abandoned':
      return []
    case 'registered':
      return holds(state, command.kind, command.value)
        ? []
        : [{ type: 'UsernameClaimAbandoned', data: { userId, abandonedAt: at } }]
  }
}

function changeProfile(command: ChangeProfile, state: RegisteredUser): readonly UserEvent[] {
  const { userId, name, username, settings, at } = command
  const events: UserEvent[] = []
  if (settings !== undefined) {
    const changes = settingsDiffering(settings, state.settings)
    if (Object.keys(changes).length > 0) {
      requireSettingsFit(merge(state.settings, changes))
      events.push({ type: 'SettingsChanged', data: { userId, changes, changedAt: at } })
    }
  }
  if (name !== undefined && name !== state.name) {
    events.push({ type: 'ProfileChanged', data: { userId, name, changedAt: at } })
  }
  if (username !== undefined && username !== state.username) {
    events.push({ type: 'UsernameChanged', data: { userId, username, changedAt: at } })
  }
  return events
}

const settingsDiffering = (changes: Settings, current: Settings): Settings =>
  Object.fromEntries(
    Object.entries(changes).filter(([key, value]) =>
      Object.hasOwn(current, key) ? !isDeepStrictEqual(current[key], value) : value !== null,
    ),
  )

const merge = (current: Settings, changes: Settings): Settings =>
  Object.fromEntries(
    Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null),
  )

function requireSettingsFit(settings: Settings) {
  const keys = Object.keys(settings).length
  const bytes = Buffer.byteLength(JSON.stringify(settings))
  if (keys <= settingsKeysMax && bytes <= settingsBytesMax) return
  throw invalid({
    pointer: '/settings',
    code: 'too-large',
    detail: `Settings hold at most ${settingsKeysMax} keys and ${settingsBytesMax} bytes as JSON.`,
  })
}

function changePassword(command: ChangePassword, state: RegisteredUser): readonly UserEvent[] {
  // Replaced since it was compared: the given current password is the old one now.
  if (command.previousHash !== state.passwordHash) throw new Rejection('invalid-credentials')
  const { userId, keptSessionId, at } = command
  return [
    passwordSet(command, 'change'),
    {
      type: 'PasswordChanged',
      data: { userId, reason: 'change', keptSessionId, changedAt: at },
    },
  ]
}

function requestPasswordReset(
  command: RequestPasswordReset,
  state: RegisteredUser,
): readonly UserEvent[] {
  const { userId, resetId, expiresAt, at } = command
  if (state.reset?.id === resetId) return []
  const recent = state.resetsRequested.filter(
    (time) => Date.parse(at) - Date.parse(time) < resetWindowMs,
  )
  if (recent.length >= resetsPerWindowMax) return []
  return [
    {
      type: 'PasswordResetRequested',
      data: { userId, resetId, expiresAt, requestedAt: at },
    },
  ]
}

function resetPassword(command: ResetPassword, state: RegisteredUser): readonly UserEvent[] {
  const { userId, resetId, at } = command
  if (!mayReset(state, resetId, at)) throw new Rejection('reset-token-invalid')
  return [
    passwordSet(command, 'reset'),
    { type: 'PasswordChanged', data: { userId, reason: 'reset', changedAt: at } },
  ]
}

/** Only the newest link counts, once, until its time is up. */
export const mayReset = (state: UserState, resetId: string, at: string) =>
  state.status === 'registered' &&
  state.reset?.id === resetId &&
  Date.parse(at) < Date.parse(state.reset.expiresAt)

const appoint = (
  { userId, at }: AppointPlatformAdministrator,
  state: RegisteredUser,
): readonly UserEvent[] =>
  state.platformAdministrator
    ? []
    : [{ type: 'PlatformAdministratorAppointed', data: { userId, appointedAt: at } }]

function evolve(state: UserState, event: UserEvent): UserState {
  if (event.type === 'UserRegistered') return begin(event.data)
  if (event.type === 'RegistrationAbandoned' || event.type === 'UserRemoved') {
    return { status: 'abandoned' }
  }
  return state.status === 'registered' ? { ...state, ...changeOf(state, event) } : state
}

const begin = (data: Extract<UserEvent, { type: 'UserRegistered' }>['data']): RegisteredUser => ({
  status: 'registered',
  id: data.userId,
  email: data.email,
  username: data.username ?? null,
  name: data.name ?? null,
  passwordHash: '',
  passwordsReplaced: 0,
  settings: {},
  platformAdministrator: false,
  isImporters: false,
  reset: undefined,
  resetsRequested: [],
  createdAt: data.registeredAt,
})

type LaterEvent = Exclude<
  UserEvent,
  { type: 'UserRegistered' | 'RegistrationAbandoned' | 'UserRemoved' }
>

function changeOf(state: RegisteredUser, event: LaterEvent): Partial<RegisteredUser> {
  switch (event.type) {
    case 'PasswordSet':
      // Whoever signs in first makes the hash one of today's.
      return { passwordHash: event.data.passwordHash, isImporters: false }
    case 'UserImported':
      return { isImporters: true }
    case 'PasswordChanged':
      return { passwordsReplaced: state.passwordsReplaced + 1, reset: undefined }
    case 'ProfileChanged':
      return { name: event.data.name }
    case 'UsernameChanged':
      return { username: event.data.username }
    case 'SettingsChanged':
      return { settings: merge(state.settings, event.data.changes) }
    case 'PasswordResetRequested':
      return {
        reset: { id: event.data.resetId, expiresAt: event.data.expiresAt },
        resetsRequested: [...state.resetsRequested, event.data.requestedAt].slice(
          -resetsPerWindowMax,
        ),
      }
    case 'PlatformAdministratorAppointed':
      return { platformAdministrator: true }
    case 'UsernameClaimAbandoned':
      return {} // it counts by the version that it moves
  }
}
