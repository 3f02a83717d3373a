import { TenantId } from '@atrium/contracts/schema.ts'
import type { Permission } from '@atrium/contracts/route.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import type { AccessTokenVerifier } from '../identity/access-token.ts'
import { Rejection } from '../rejection.ts'
import type { Caller } from './exchange.ts'
import { headerOf, malformedHeader, resolvedTenantHeader, tenantHeader } from './request-headers.ts'

/** How a server knows its callers. */
export interface Identity {
  readonly verifier: Pick<AccessTokenVerifier, 'verify'>
  readonly revocations: { isRevoked(sessionId: string): Promise<boolean> | boolean }
}

/** Who calls, in which tenant. */
export interface Identified {
  readonly caller: Caller | undefined
  readonly tenant: string
}

/** Requests without a token or a named tenant belong here. */
export const tenantDefault = 'default'

const isTenant = Compile(TenantId)

/**
 * Before anything is read of a body: the caller from the verified token whose session still lives,
 * the tenant, and whether the route's permission is given.
 */
export function identify(app: FastifyInstance): void {
  const { identity } = app.kit
  app.decorateRequest('identified')
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.permission !== 'anyone' && !identity) {
      throw new Error(`${String(method)} ${url} needs callers, but the server has no identity`)
    }
  })
  app.addHook('onRequest', async (request) => {
    const { permission = 'user' } = request.routeOptions.config
    const caller = await callerOf(request, permission, identity)
    request.identified = { caller, tenant: tenantOf(request, caller) }
    refuseWithout(permission, caller)
  })
}

async function callerOf(
  request: FastifyRequest,
  permission: Permission,
  identity: Identity | undefined,
): Promise<Caller | undefined> {
  const token = bearerOf(request)
  if (token === undefined || !identity) return undefined
  try {
    const caller = await identity.verifier.verify(token)
    const { sessionId } = caller // a service's token lives for a minute instead
    if (sessionId !== undefined && (await identity.revocations.isRevoked(sessionId))) {
      throw new Rejection('session-revoked')
    }
    return caller
  } catch (error) {
    // Whoever signs in anew may still send the token that is no longer good.
    if (permission === 'anyone' && error instanceof Rejection) return undefined
    throw error
  }
}

function bearerOf(request: FastifyRequest): string | undefined {
  const given = headerOf(request, 'authorization')
  return /^bearer +([\w.~+/-]+=*)$/i.exec(given ?? '')?.[1]
}

/**
 * The token's tenant, which X-Tenant may repeat but not change. Without a token the tenant that the
 * gateway resolved, else the one of X-Tenant.
 */
function tenantOf(request: FastifyRequest, caller: Caller | undefined): string {
  const named = headerOf(request, tenantHeader)
  if (caller) {
    if (named !== undefined && named !== caller.tenant) throw new Rejection('tenant-mismatch')
    return caller.tenant
  }
  const tenant = headerOf(request, resolvedTenantHeader) ?? named ?? tenantDefault
  if (!isTenant.Check(tenant)) {
    throw malformedHeader(tenantHeader, 'is no name of a tenant')
  }
  return tenant
}

function refuseWithout(permission: Permission, caller: Caller | undefined): void {
  switch (permission) {
    case 'anyone':
      return
    case 'user':
      if (!caller) throw new Rejection('not-signed-in')
      return
    case 'service':
      if (!caller?.service) throw new Rejection('not-signed-in')
      return
    case 'tenants:manage':
      if (!caller) throw new Rejection('not-signed-in')
      if (!caller.platformAdministrator) throw new Rejection('permission-denied')
  }
}
