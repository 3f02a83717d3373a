import { Type } from 'typebox'
import { defineEvent, eventData, personal, type EventOf } from '../event.ts'
import { SessionId, TenantId, Timestamp, UserId } from '../schema.ts'

const context = 'auth'

// Users: stream auth.user-<tenant>:<userId>

export const userRegistered = defineEvent({
  context,
  type: 'UserRegistered',
  visibility: 'public',
  summary: 'A person has an account in a tenant.',
  data: eventData({
    userId: UserId,
    email: personal(Type.String(), 'userId'),
    username: Type.Optional(personal(Type.String(), 'userId')),
    name: Type.Optional(personal(Type.String(), 'userId')),
    registeredAt: Timestamp,
  }),
})

export const passwordSet = defineEvent({
  context,
  type: 'PasswordSet',
  visibility: 'private',
  summary:
    'The account has a new password hash (Argon2id; bcrypt where imported), so it stays inside.',
  data: eventData({
    userId: UserId,
    passwordHash: personal(Type.String(), 'userId'),
    reason: Type.Union([
      Type.Literal('registration'),
      Type.Literal('change'),
      Type.Literal('reset'),
      Type.Literal('upgrade'),
      Type.Literal('import'),
    ]),
    setAt: Timestamp,
  }),
})

export const passwordChanged = defineEvent({
  context,
  type: 'PasswordChanged',
  visibility: 'public',
  summary: 'The person replaced the password. Every session begun before ends, but the one kept.',
  data: eventData({
    userId: UserId,
    reason: Type.Union([Type.Literal('change'), Type.Literal('reset')]),
    keptSessionId: Type.Optional(SessionId),
    changedAt: Timestamp,
  }),
})

export const profileChanged = defineEvent({
  context,
  type: 'ProfileChanged',
  visibility: 'public',
  summary: 'The person changed the name shown to others. Null takes it away.',
  data: eventData({
    userId: UserId,
    name: personal(Type.Union([Type.String(), Type.Null()]), 'userId'),
    changedAt: Timestamp,
  }),
})

export const usernameChanged = defineEvent({
  context,
  type: 'UsernameChanged',
  visibility: 'public',
  summary: 'The person took another user name, or gave it up (null).',
  data: eventData({
    userId: UserId,
    username: personal(Type.Union([Type.String(), Type.Null()]), 'userId'),
    changedAt: Timestamp,
  }),
})

export const settingsChanged = defineEvent({
  context,
  type: 'SettingsChanged',
  visibility: 'private',
  summary: 'Settings of the person were set (a value) or removed (null), key by key.',
  data: eventData({
    userId: UserId,
    changes: personal(Type.Record(Type.String(), Type.Unknown()), 'userId'),
    changedAt: Timestamp,
  }),
})

export const passwordResetRequested = defineEvent({
  context,
  type: 'PasswordResetRequested',
  visibility: 'public',
  summary:
    'Someone asked for a reset link for this account. The link is derived from resetId with a ' +
    'key that only auth has, so the event is no credential.',
  data: eventData({
    userId: UserId,
    resetId: Type.String(),
    expiresAt: Timestamp,
    requestedAt: Timestamp,
  }),
})

export const platformAdministratorAppointed = defineEvent({
  context,
  type: 'PlatformAdministratorAppointed',
  visibility: 'public',
  summary: 'The user may manage tenants.',
  data: eventData({ userId: UserId, appointedAt: Timestamp }),
})

export const registrationAbandoned = defineEvent({
  context,
  type: 'RegistrationAbandoned',
  visibility: 'private',
  summary:
    'A registration that claimed a name but did not finish was closed by the next one that ' +
    'wanted it.',
  data: eventData({ userId: UserId, abandonedAt: Timestamp }),
})

export const usernameClaimAbandoned = defineEvent({
  context,
  type: 'UsernameClaimAbandoned',
  visibility: 'private',
  summary:
    'A user name that this user had claimed but does not hold was given to someone else: a ' +
    'change of user name that began before this is void.',
  data: eventData({ userId: UserId, abandonedAt: Timestamp }),
})

export const userImported = defineEvent({
  context,
  type: 'UserImported',
  visibility: 'private',
  summary:
    'The account came from another platform, with its password. Until somebody signs in to it, ' +
    'the import can be undone.',
  data: eventData({ userId: UserId, importedAt: Timestamp }),
})

export const userRemoved = defineEvent({
  context,
  type: 'UserRemoved',
  visibility: 'public',
  summary: 'The account is gone for good; every context releases what it held for it.',
  data: eventData({ userId: UserId, removedAt: Timestamp }),
})

// Claims: stream auth.claim-<tenant>:<keyed HMAC of kind and value>

export const valueClaimed = defineEvent({
  context,
  type: 'ValueClaimed',
  visibility: 'private',
  summary: 'A value that must be unique in the tenant now belongs to the stream named.',
  data: eventData({
    kind: Type.Union([Type.Literal('email'), Type.Literal('username')]),
    /** The stream whose fact needs the claim. */
    factStream: Type.String(),
    claimedAt: Timestamp,
  }),
})

export const claimReleased = defineEvent({
  context,
  type: 'ClaimReleased',
  visibility: 'private',
  summary: 'The value is free again.',
  data: eventData({ factStream: Type.String(), releasedAt: Timestamp }),
})

// Sessions: stream auth.session-<tenant>:<sessionId>

export const sessionStarted = defineEvent({
  context,
  type: 'SessionStarted',
  visibility: 'private',
  summary: 'A person signed in on a device. Holds the hash of the first refresh token.',
  data: eventData({
    sessionId: SessionId,
    userId: UserId,
    refreshTokenHash: Type.String(),
    deviceName: personal(Type.String(), 'userId'),
    startedAt: Timestamp,
    expiresAt: Timestamp,
  }),
})

export const refreshTokenRotated = defineEvent({
  context,
  type: 'RefreshTokenRotated',
  visibility: 'private',
  summary: 'The refresh token was exchanged; the one before is spent.',
  data: eventData({
    sessionId: SessionId,
    userId: UserId,
    refreshTokenHash: Type.String(),
    rotatedAt: Timestamp,
    expiresAt: Timestamp,
  }),
})

export const sessionRevoked = defineEvent({
  context,
  type: 'SessionRevoked',
  visibility: 'public',
  summary: 'The session has ended: every token of it is dead within a second.',
  data: eventData({
    sessionId: SessionId,
    userId: UserId,
    reason: Type.Union([
      Type.Literal('logout'),
      Type.Literal('revoked'),
      Type.Literal('refresh-token-reused'),
      Type.Literal('password-changed'),
      Type.Literal('password-reset'),
      Type.Literal('tenant-removed'),
      Type.Literal('account-removed'),
    ]),
    revokedAt: Timestamp,
  }),
})

// Lockout: stream auth.lockout-<tenant>:<keyed HMAC of an account or an address range>

export const signInFailed = defineEvent({
  context,
  type: 'SignInFailed',
  visibility: 'private',
  summary:
    'A sign-in with a wrong identifier or password. The window starts anew when it has passed.',
  data: eventData({
    scope: Type.Union([Type.Literal('account'), Type.Literal('address-range')]),
    failedAt: Timestamp,
  }),
})

export const signInLocked = defineEvent({
  context,
  type: 'SignInLocked',
  visibility: 'private',
  summary: 'Too many failures: no sign-in until the time given.',
  data: eventData({
    scope: Type.Union([Type.Literal('account'), Type.Literal('address-range')]),
    lockedAt: Timestamp,
    lockedUntil: Timestamp,
  }),
})

export const signInUnlocked = defineEvent({
  context,
  type: 'SignInUnlocked',
  visibility: 'private',
  summary: 'A sign-in succeeded, the password was reset, or an administrator opened the lock.',
  data: eventData({
    scope: Type.Union([Type.Literal('account'), Type.Literal('address-range')]),
    unlockedAt: Timestamp,
  }),
})

// Tenants: stream auth.tenant-<tenantId>:<tenantId>

export const tenantCreated = defineEvent({
  context,
  type: 'TenantCreated',
  visibility: 'public',
  summary: 'There is a new tenant.',
  data: eventData({ tenantId: TenantId, name: Type.String(), createdAt: Timestamp }),
})

export const tenantRemoved = defineEvent({
  context,
  type: 'TenantRemoved',
  visibility: 'public',
  summary: 'The tenant is gone for good; every context releases what it held for it.',
  data: eventData({ tenantId: TenantId, removedAt: Timestamp }),
})

export type TenantRemoved = EventOf<typeof tenantRemoved>

export const authEvents = [
  userRegistered,
  passwordSet,
  passwordChanged,
  profileChanged,
  usernameChanged,
  settingsChanged,
  passwordResetRequested,
  platformAdministratorAppointed,
  registrationAbandoned,
  usernameClaimAbandoned,
  userImported,
  userRemoved,
  valueClaimed,
  claimReleased,
  sessionStarted,
  refreshTokenRotated,
  sessionRevoked,
  signInFailed,
  signInLocked,
  signInUnlocked,
  tenantCreated,
  tenantRemoved,
] as const

export type AuthEvent = EventOf<(typeof authEvents)[number]>
export type UserRegistered = EventOf<typeof userRegistered>
export type UserRemoved = EventOf<typeof userRemoved>
export type PasswordChanged = EventOf<typeof passwordChanged>
export type PasswordResetRequested = EventOf<typeof passwordResetRequested>
export type SessionRevoked = EventOf<typeof sessionRevoked>
