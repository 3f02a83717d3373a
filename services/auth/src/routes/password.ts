import { setTimeout as delay } from 'node:timers/promises'
import * as contract from '@atrium/contracts/auth/http.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import { mount } from '@atrium/platform/http/route.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { sessionOf } from '@atrium/platform/identity/access-token.ts'
import type { FastifyInstance } from 'fastify'
import { emailFrom } from '../identifiers.ts'
import { requestPasswordReset, resetPassword } from '../password-reset.ts'
import type { EndSessionsDeps } from '../sessions.ts'
import { changePassword, type SignInDeps } from '../sign-in.ts'
import { requireTenant, type TenantDeps } from '../tenants.ts'
import { anonymous } from './anonymous.ts'

export type Deps = SignInDeps &
  EndSessionsDeps &
  TenantDeps & { readonly resetTokenKey: Buffer; readonly logger: Logger }

/** What the work takes for an account that exists, and more: the answer comes after it always. */
const forgotAnswersAfterMs = 300

/** Changing a password, and resetting a forgotten one. */
export function mountPassword(app: FastifyInstance, deps: Deps) {
  mount(app, contract.changePassword, async ({ body, caller, address, at, cause }) => {
    const { userId } = caller
    const sessionId = sessionOf(caller)
    const { currentPassword, newPassword } = body
    const request = { userId, sessionId, currentPassword, newPassword, address, at }
    return { status: 204, written: await changePassword(deps, request, cause) }
  })

  // Neither status, body, headers nor time tell whether there is such an account. So there is no
  // Consistency-Token either.
  mount(app, contract.forgotPassword, async ({ body, tenant, at, newId, cause }) => {
    await requireTenant(deps, tenant)
    emailFrom(body.email)
    const request = { email: body.email, resetId: newId('rst'), at }
    const work = requestPasswordReset(deps, request, anonymous(cause)).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) throw error
      deps.logger.error({ err: error }, 'a password reset could not be noted')
    })
    await Promise.all([work, delay(forgotAnswersAfterMs)])
    return { status: 202 }
  })

  mount(app, contract.resetPassword, async ({ body, at, cause }) => {
    const { token, password } = body
    const request = { token, password, at }
    return { status: 204, written: await resetPassword(deps, request, anonymous(cause)) }
  })
}
