import { Type, type Static } from 'typebox'
import { defineRoute } from '../route.ts'
import { Timestamp, UserId } from '../schema.ts'
import { Email, PersonName, Username } from './account-fields.ts'

/*
 * Taking accounts over from another platform. Until the person signs in for the first time, with
 * the password from there, the account is still the importer's: who may act for it, and remove it.
 */

const context = 'auth'
const closed = { additionalProperties: false } as const

/** A dearer one would cost each sign-in more than a second. */
export const BcryptHash = Type.String({
  pattern: '^\\$2[abxy]\\$(0[4-9]|1[0-4])\\$[./A-Za-z0-9]{53}$',
  description: 'Of a cost of at most 14. Becomes Argon2id at the first sign-in.',
})

export const ImportedUser = Type.Object({
  id: UserId,
  email: Type.String(),
  username: Type.Union([Type.String(), Type.Null()]),
  createdAt: Timestamp,
})
export type ImportedUser = Static<typeof ImportedUser>

// Any text, so that an id of another form is 404 like one that names nothing.
const Params = Type.Object({
  tenantId: Type.String({ maxLength: 128 }),
  userId: Type.String({ maxLength: 128 }),
})
const path = '/v1/tenants/:tenantId/imported-users/:userId'

export const importUser = defineRoute({
  id: 'importUser',
  context,
  method: 'PUT',
  path,
  summary: 'Take over an account, with the hash of its password',
  description:
    'The importer chooses the id; the same account sent again is answered as it is. With ' +
    '`dryRun=true` nothing is written, and the answer is what it would be.',
  permission: 'tenants:manage',
  rateClass: 'write',
  params: Params,
  query: Type.Object({ dryRun: Type.Optional(Type.Boolean()) }, closed),
  body: Type.Object(
    {
      email: Email,
      username: Type.Optional(Username),
      name: Type.Optional(PersonName),
      passwordHash: BcryptHash,
      registeredAt: Timestamp,
    },
    closed,
  ),
  responses: { 200: ImportedUser, 201: ImportedUser },
  problems: ['not-found', 'email-taken', 'username-taken'],
})

export const actForImportedUser = defineRoute({
  id: 'actForImportedUser',
  context,
  method: 'POST',
  path: `${path}/token`,
  summary: 'An access token with which the importer acts for the account, to bring its things over',
  description:
    'Every event that follows names the importer as well. It is a session of its own, which ' +
    'ends by signing out; nothing renews it.',
  permission: 'tenants:manage',
  rateClass: 'write',
  params: Params,
  responses: {
    200: Type.Object({ accessToken: Type.String(), expiresIn: Type.Integer() }),
  },
  problems: ['not-found', 'import-closed'],
  credentials: true,
})

export const removeImportedUser = defineRoute({
  id: 'removeImportedUser',
  context,
  method: 'DELETE',
  path,
  summary: 'Undo the import of an account that nobody has signed in to, with all that it has',
  permission: 'tenants:manage',
  rateClass: 'write',
  params: Params,
  responses: { 204: null },
  problems: ['not-found', 'import-closed'],
})

export const importRoutes = [importUser, actForImportedUser, removeImportedUser] as const
