import { contexts } from '@atrium/contracts/context.ts'
import { internalPaths } from '@atrium/contracts/routes.ts'
import { TenantId, UserId } from '@atrium/contracts/schema.ts'
import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import { serviceTokenSeconds } from '@atrium/platform/identity/service-tokens.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { isDigest, keyedDigest } from '../secrets.ts'
import type { SigningKeys } from '../signing-keys/signing-keys.ts'
import { requireTenant, type TenantDeps } from '../tenants.ts'
import { registered, type UserCommand, type UserEvent, type UserState } from '../user.ts'

export interface Deps extends TenantDeps {
  readonly users: Aggregate<UserState, UserCommand, UserEvent>
  readonly signingKeys: Pick<SigningKeys, 'signForService'>
  /** What every service knows. */
  readonly serviceSecret: string
}

const Request = Compile(
  Type.Object({
    service: Type.Union(contexts.map((context) => Type.Literal(context))),
    tenant: TenantId,
    userId: UserId,
  }),
)

/**
 * Gives a service a token with which it acts for a user, with that user's rights, against the
 * secret that services share. The gateway passes nobody on to here.
 */
export function mountServiceTokens(app: FastifyInstance, deps: Deps) {
  const { users, tenants, signingKeys, serviceSecret } = deps
  const key = Buffer.from(serviceSecret)
  const digestOf = (text: string) => keyedDigest(key, text)
  const expected = digestOf(`Bearer ${serviceSecret}`)

  app.post(
    internalPaths.serviceTokens,
    { config: { permission: 'anyone', operation: true } },
    async ({ headers, body }) => {
      const given = digestOf(headers.authorization ?? '').toString('base64url')
      if (!isDigest(given, expected)) throw new Rejection('not-signed-in')
      if (!Request.Check(body)) throw new Rejection('validation-failed')
      await requireTenant({ tenants }, body.tenant)
      const { state } = await users.load(body.tenant, body.userId)
      registered(state)
      return { token: await signingKeys.signForService(body), expiresIn: serviceTokenSeconds }
    },
  )
}
