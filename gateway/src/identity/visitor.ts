import type { Permission } from '@atrium/contracts/route.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { sessionOf } from '@atrium/platform/identity/access-token.ts'
import type { IncomingHttpHeaders } from 'node:http'
import { defaultTenant, refuseOtherTenant, tenantBeforeSignIn } from './tenant.ts'

/** Who stands at the door. A refusal is kept, not thrown: the attempt is counted first. */
export interface Visitor {
  readonly caller?: Caller
  readonly tenant: string
  /** The token's header field, only where it verified. */
  readonly authorization?: string
  readonly refusal?: Rejection
}

export interface IdentityPorts {
  readonly verifier: { verify(token: string): Promise<Caller> }
  readonly revocations: { isRevoked(sessionId: string): boolean | Promise<boolean> }
  readonly tenantHostSuffix?: string | undefined
}

/**
 * Checks the token, where there is one, and finds the tenant. On a route for anyone a token that
 * does not verify counts as none and is not passed on: a client may refresh with its old token
 * attached.
 */
export async function identify(
  headers: IncomingHttpHeaders,
  permission: Permission,
  ports: IdentityPorts,
): Promise<Visitor> {
  try {
    const token = bearerOf(headers.authorization)
    const caller = token === undefined ? undefined : await callerOf(token, permission, ports)
    if (caller) {
      refuseOtherTenant(headers, caller.tenant)
      const { authorization } = headers
      return {
        caller,
        tenant: caller.tenant,
        ...(authorization === undefined ? {} : { authorization }),
      }
    }
    const tenant = tenantBeforeSignIn(headers, ports.tenantHostSuffix)
    if (permission === 'anyone') return { tenant }
    return { tenant, refusal: new Rejection('not-signed-in') }
  } catch (error) {
    if (error instanceof Rejection) return { tenant: defaultTenant, refusal: error }
    throw error
  }
}

async function callerOf(token: string, permission: Permission, ports: IdentityPorts) {
  try {
    const caller = await ports.verifier.verify(token)
    const revoked = ports.revocations.isRevoked(sessionOf(caller))
    if (typeof revoked === 'boolean' ? revoked : await revoked) {
      throw new Rejection('session-revoked')
    }
    return caller
  } catch (error) {
    if (permission === 'anyone' && error instanceof Rejection) return undefined
    throw error
  }
}

/** RFC 6750; the scheme in any case. */
export function bearerOf(authorization: string | undefined) {
  const match = authorization === undefined ? null : /^bearer +([\w.~+/=-]+)$/i.exec(authorization)
  return match?.[1]
}
