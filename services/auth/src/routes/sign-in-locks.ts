import { isIP } from 'node:net'
import { openSignInLocks } from '@atrium/contracts/auth/http.ts'
import { TenantId } from '@atrium/contracts/schema.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Compile } from 'typebox/compile'
import type { ClaimingDeps } from '../claiming.ts'
import type { SignInLimits } from '../sign-in-limits.ts'
import { findAccount } from '../sign-in.ts'
import { requireTenant, type TenantDeps } from '../tenants.ts'

export type Deps = ClaimingDeps & TenantDeps & { readonly limits: SignInLimits }

const isTenantId = Compile(TenantId)

/** A platform administrator lets an account or a range of addresses sign in again. */
export function mountSignInLocks(app: FastifyInstance, deps: Deps) {
  const { limits } = deps
  mount(app, openSignInLocks, async ({ params: { tenantId }, body, at, cause }) => {
    if (!isTenantId.Check(tenantId)) throw new Rejection('not-found')
    await requireTenant(deps, tenantId)
    const { identifier, address } = body
    if (address !== undefined && isIP(address) === 0) {
      const detail = 'This is not an IP address.'
      throw invalid({ pointer: '/address', code: 'wrong-format', detail })
    }
    if (identifier !== undefined) {
      const { key } = await findAccount(deps, tenantId, identifier)
      await limits.openAccount(tenantId, key, at, cause)
    }
    if (address !== undefined) await limits.openAddress(tenantId, address, at, cause)
    return { status: 204 }
  })
}
