import { Type, type Static } from 'typebox'
import { defineRoute } from '../route.ts'
import { Email, PersonName, Username } from './account-fields.ts'
import { importRoutes } from './import-http.ts'
import { page, PageQuery, SessionId, TenantId, Timestamp, UserId, Version } from '../schema.ts'

const context = 'auth'

/**
 * At most 1,024 characters, so that hashing has a bound; strength is checked by rule, not shape.
 */
export const passwordLength = { minLength: 10, maxLength: 1024 } as const
export const Password = Type.String({ ...passwordLength })
const PasswordGiven = Type.String({ minLength: 1, maxLength: 1024 })
export const Settings = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Up to 64 keys, 16 KiB as JSON. A key set to null is removed.',
})

export const User = Type.Object({
  id: UserId,
  tenantId: TenantId,
  email: Type.String(),
  username: Type.Union([Type.String(), Type.Null()]),
  name: Type.Union([Type.String(), Type.Null()]),
  platformAdministrator: Type.Boolean(),
  settings: Settings,
  version: Version,
  createdAt: Timestamp,
})
export type User = Static<typeof User>

export const Tokens = Type.Object({
  user: User,
  accessToken: Type.String({ description: 'ES256 JWT, 10 minutes.' }),
  refreshToken: Type.String({ description: 'Opaque, one use.' }),
  expiresIn: Type.Integer({ description: 'Seconds that the access token lives.' }),
})
export type Tokens = Static<typeof Tokens>

export const Session = Type.Object({
  id: SessionId,
  deviceName: Type.String(),
  current: Type.Boolean(),
  startedAt: Timestamp,
  lastSeenAt: Timestamp,
  expiresAt: Timestamp,
})
export type Session = Static<typeof Session>

export const Tenant = Type.Object({ id: TenantId, name: Type.String(), createdAt: Timestamp })
export type Tenant = Static<typeof Tenant>

const closed = { additionalProperties: false } as const

/** The longest passwords, spelled with escapes, fit; whoever is not signed in gets no more work. */
const credentialsBytesMax = 32 * 1024
const profileBytesMax = 128 * 1024

export const register = defineRoute({
  id: 'register',
  context,
  method: 'POST',
  path: '/v1/auth/register',
  summary: 'Open an account and sign in',
  description:
    'A personal instance follows by itself: send the `Consistency-Token` of this answer with ' +
    '`GET /v1/instances` to see it there.',
  permission: 'anyone',
  rateClass: 'registration',
  bodyBytesMax: credentialsBytesMax,
  body: Type.Object(
    {
      email: Email,
      password: Password,
      name: Type.Optional(PersonName),
      username: Type.Optional(Username),
    },
    closed,
  ),
  responses: { 201: Tokens },
  problems: ['email-taken', 'username-taken', 'password-too-weak', 'not-found'],
  credentials: true,
})

export const login = defineRoute({
  id: 'login',
  context,
  method: 'POST',
  path: '/v1/auth/login',
  summary: 'Sign in by e-mail address or user name',
  description:
    'Ten failures in 15 minutes lock the account, or the range of addresses, for a minute, and ' +
    'for twice as long with each further one, up to an hour.',
  permission: 'anyone',
  rateClass: 'credentials',
  bodyBytesMax: credentialsBytesMax,
  body: Type.Object(
    { identifier: Type.String({ minLength: 1, maxLength: 320 }), password: PasswordGiven },
    closed,
  ),
  responses: { 200: Tokens },
  problems: ['invalid-credentials', 'locked', 'not-found'],
  credentials: true,
})

export const refresh = defineRoute({
  id: 'refresh',
  context,
  method: 'POST',
  path: '/v1/auth/refresh',
  summary: 'Exchange a refresh token; the old one is spent',
  description: 'A spent token that comes back ends its session: two clients must not share one.',
  permission: 'anyone',
  rateClass: 'credentials',
  bodyBytesMax: credentialsBytesMax,
  body: Type.Object({ refreshToken: Type.String({ minLength: 1, maxLength: 512 }) }, closed),
  responses: { 200: Tokens },
  problems: ['refresh-token-invalid', 'refresh-token-reused', 'session-revoked'],
  credentials: true,
})

export const logout = defineRoute({
  id: 'logout',
  context,
  method: 'POST',
  path: '/v1/auth/logout',
  summary: 'End this session; its tokens are dead within a second',
  permission: 'user',
  rateClass: 'write',
  responses: { 204: null },
  problems: [],
})

export const getMe = defineRoute({
  id: 'getMe',
  context,
  method: 'GET',
  path: '/v1/auth/me',
  summary: 'Who is signed in',
  permission: 'user',
  rateClass: 'read',
  responses: { 200: User },
  problems: [],
})

export const updateMe = defineRoute({
  id: 'updateMe',
  context,
  method: 'PATCH',
  path: '/v1/auth/me',
  summary: 'Change name, user name or settings (settings are merged key by key)',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  bodyBytesMax: profileBytesMax,
  body: Type.Object(
    {
      name: Type.Optional(Type.Union([PersonName, Type.Null()])),
      username: Type.Optional(Type.Union([Username, Type.Null()])),
      settings: Type.Optional(Settings),
    },
    closed,
  ),
  responses: { 200: User },
  problems: ['username-taken', 'version-conflict'],
})

export const changePassword = defineRoute({
  id: 'changePassword',
  context,
  method: 'POST',
  path: '/v1/auth/password/change',
  summary: 'Set a new password; every other session ends',
  permission: 'user',
  rateClass: 'credentials',
  bodyBytesMax: credentialsBytesMax,
  body: Type.Object({ currentPassword: PasswordGiven, newPassword: Password }, closed),
  responses: { 204: null },
  problems: ['invalid-credentials', 'password-too-weak', 'locked'],
  credentials: true,
})

export const forgotPassword = defineRoute({
  id: 'forgotPassword',
  context,
  method: 'POST',
  path: '/v1/auth/password/forgot',
  summary: 'Mail a reset link, if there is such an account; the answer never says',
  description: 'The link holds for 30 minutes and works once; the newest alone is good.',
  permission: 'anyone',
  rateClass: 'mail',
  bodyBytesMax: credentialsBytesMax,
  body: Type.Object({ email: Email }, closed),
  responses: { 202: null },
  problems: [],
  credentials: true,
})

export const resetPassword = defineRoute({
  id: 'resetPassword',
  context,
  method: 'POST',
  path: '/v1/auth/password/reset',
  summary: 'Set a new password with the token of the mailed link; every session ends',
  permission: 'anyone',
  rateClass: 'credentials',
  bodyBytesMax: credentialsBytesMax,
  body: Type.Object(
    { token: Type.String({ minLength: 1, maxLength: 512 }), password: Password },
    closed,
  ),
  responses: { 204: null },
  problems: ['reset-token-invalid', 'password-too-weak'],
  credentials: true,
})

export const listSessions = defineRoute({
  id: 'listSessions',
  context,
  method: 'GET',
  path: '/v1/auth/sessions',
  summary: 'Where the account is signed in, latest first',
  permission: 'user',
  rateClass: 'read',
  query: Type.Object(PageQuery, closed),
  responses: { 200: page(Session) },
  problems: [],
})

/** Ids of any form: what is not a session of the caller's is not found, whatever it looks like. */
export const SessionParams = Type.Object({ sessionId: Type.String({ maxLength: 128 }) })

export const revokeSession = defineRoute({
  id: 'revokeSession',
  context,
  method: 'DELETE',
  path: '/v1/auth/sessions/:sessionId',
  summary: 'End one session',
  permission: 'user',
  rateClass: 'write',
  params: SessionParams,
  responses: { 204: null },
  problems: ['not-found'],
})

export const revokeOtherSessions = defineRoute({
  id: 'revokeOtherSessions',
  context,
  method: 'POST',
  path: '/v1/auth/sessions/revoke-others',
  summary: 'End every session but this one',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  responses: { 204: null },
  problems: [],
})

export const createTenant = defineRoute({
  id: 'createTenant',
  context,
  method: 'POST',
  path: '/v1/tenants',
  summary: 'Create a tenant',
  permission: 'tenants:manage',
  rateClass: 'write',
  idempotencyKey: true,
  body: Type.Object({ id: TenantId, name: Type.String({ minLength: 1, maxLength: 200 }) }, closed),
  responses: { 201: Tenant },
  problems: ['tenant-taken'],
})

export const listTenants = defineRoute({
  id: 'listTenants',
  context,
  method: 'GET',
  path: '/v1/tenants',
  summary: 'All tenants, by id',
  permission: 'tenants:manage',
  rateClass: 'read',
  query: Type.Object(PageQuery, closed),
  responses: { 200: page(Tenant) },
  problems: [],
})

const TenantParams = Type.Object({ tenantId: Type.String({ maxLength: 128 }) })

export const getTenant = defineRoute({
  id: 'getTenant',
  context,
  method: 'GET',
  path: '/v1/tenants/:tenantId',
  summary: 'One tenant',
  permission: 'tenants:manage',
  rateClass: 'read',
  params: TenantParams,
  responses: { 200: Tenant },
  problems: ['not-found'],
})

export const removeTenant = defineRoute({
  id: 'removeTenant',
  context,
  method: 'DELETE',
  path: '/v1/tenants/:tenantId',
  summary: 'Remove a tenant with everything in it, for good',
  description:
    'There is no way back: every context releases what it holds for the tenant, every session in ' +
    'it ends, and its id is never given out again. `confirm` repeats the id.',
  permission: 'tenants:manage',
  rateClass: 'write',
  params: TenantParams,
  query: Type.Object({ confirm: Type.Optional(Type.String({ maxLength: 128 })) }, closed),
  responses: { 204: null },
  problems: ['not-found', 'tenant-not-removable'],
})

export const openSignInLocks = defineRoute({
  id: 'openSignInLocks',
  context,
  method: 'POST',
  path: '/v1/tenants/:tenantId/sign-in-locks/open',
  summary: 'Open the lock of an account, of a range of addresses, or both',
  permission: 'tenants:manage',
  rateClass: 'write',
  idempotencyKey: true,
  params: TenantParams,
  body: Type.Object(
    {
      identifier: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 320,
          description:
            'What the person signs in with. Whether there is such an account is not told.',
        }),
      ),
      address: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 64,
          description: 'An IP address; the lock of its whole range (/24, /64) opens.',
        }),
      ),
    },
    { ...closed, minProperties: 1 },
  ),
  responses: { 204: null },
  problems: ['not-found'],
})

export const authRoutes = [
  register,
  login,
  refresh,
  logout,
  getMe,
  updateMe,
  changePassword,
  forgotPassword,
  resetPassword,
  listSessions,
  revokeSession,
  revokeOtherSessions,
  createTenant,
  listTenants,
  getTenant,
  removeTenant,
  openSignInLocks,
  ...importRoutes,
] as const
