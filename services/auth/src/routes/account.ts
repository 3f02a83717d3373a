import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import * as contract from '@atrium/contracts/auth/http.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { sessionOf } from '@atrium/platform/identity/access-token.ts'
import type { FastifyInstance } from 'fastify'
import { findUser } from '../claiming.ts'
import { deviceNameFrom } from '../device-name.ts'
import { personNameFrom } from '../identifiers.ts'
import { requireStrong } from '../password-rules.ts'
import { changeProfile } from '../profile.ts'
import { identifiersOf, registerUser } from '../registration.ts'
import { refreshSession, startSession, userBody } from '../sessions.ts'
import { signIn, type SignInDeps } from '../sign-in.ts'
import { defaultTenant } from '../tenant.ts'
import { requireTenant, type TenantDeps } from '../tenants.ts'
import { registered } from '../user.ts'
import { anonymous } from './anonymous.ts'

export type Deps = SignInDeps & TenantDeps

/** Registering, signing in, refreshing, and the account of whoever is signed in. */
export function mountAccount(app: FastifyInstance, deps: Deps) {
  const loadUser = async (tenant: string, userId: string) => {
    const { state, version } = await deps.users.load(tenant, userId)
    return { user: registered(state), version }
  }

  mount(app, contract.register, (exchange) => register(deps, exchange))

  mount(app, contract.login, async ({ body, tenant, address, userAgent, at, newId, cause }) => {
    await requireTenant(deps, tenant)
    const { identifier, password } = body
    const deviceName = deviceNameFrom(userAgent)
    const sessionId = newId('ses')
    const request = { identifier, password, address, sessionId, deviceName, at }
    const { tokens, written } = await signIn(deps, request, anonymous(cause))
    await requireTenant(deps, tenant) // removed since, and its sessions ended before this one began
    return { status: 200, body: tokens, written }
  })

  mount(app, contract.refresh, async ({ body, caller, tenant, at, cause }) => {
    const named = caller?.tenant ?? (tenant === defaultTenant ? undefined : tenant)
    const request = { refreshToken: body.refreshToken, tenant: named, at }
    const refreshing = refreshSession({ ...deps, loadUser }, request, anonymous(cause))
    const { tokens, written } = await refreshing
    await requireTenant(deps, tokens.user.tenantId)
    return { status: 200, body: tokens, written }
  })

  // Clients ask this to learn whether they are still signed in: the store says, not a memory.
  mount(app, contract.getMe, async ({ caller }) => {
    const { tenant, userId } = caller
    const [account, session] = await Promise.all([
      loadUser(tenant, userId),
      deps.sessions.load(tenant, sessionOf(caller)),
    ])
    if (session.state.status !== 'active') throw new Rejection('session-revoked')
    return { status: 200, body: userBody(tenant, account), version: account.version }
  })

  mount(app, contract.updateMe, async ({ body, caller, at, cause, expectedVersion }) => {
    const change = { ...profileOf(body), userId: caller.userId, at }
    const handled = await changeProfile(deps, change, cause, expectedVersion)
    const { version } = handled
    const account = { user: registered(handled.state), version }
    const written = pointOf(handled)
    return { status: 200, body: userBody(caller.tenant, account), version, written }
  })
}

/** Field by field: a body never becomes a command. */
const profileOf = ({ name, username, settings }: Exchange<typeof contract.updateMe>['body']) => ({
  ...(name === undefined ? {} : { name: name === null ? null : personNameFrom(name) }),
  ...(username === undefined ? {} : { username }),
  ...(settings === undefined ? {} : { settings }),
})

async function register(deps: Deps, exchange: Exchange<typeof contract.register>) {
  const { body, tenant, userAgent, at, newId } = exchange
  const { email, password, name, username } = body
  const profile = {
    email,
    ...(name === undefined ? {} : { name: personNameFrom(name) }),
    ...(username === undefined ? {} : { username }),
  }
  const identifiers = identifiersOf(profile)
  requireStrong(password, profile, '/password')
  await requireTenant(deps, tenant)
  // Before the hash, which is costly: whether it will be free after it, the claim decides.
  for (const identifier of identifiers) {
    if (!(await findUser(deps, tenant, identifier))) continue
    throw new Rejection(identifier.kind === 'email' ? 'email-taken' : 'username-taken')
  }
  const userId = newId('usr')
  const cause = { ...anonymous(exchange.cause), actor: { userId } }
  const passwordHash = await deps.passwords.hash(password)
  const handled = await registerUser(deps, { ...profile, userId, passwordHash, at }, cause)
  const account = { user: registered(handled.state), version: handled.version }
  const request = { sessionId: newId('ses'), deviceName: deviceNameFrom(userAgent), at }
  const { tokens, written } = await startSession(deps, account, request, cause)
  return { status: 201, body: tokens, written: laterOf(pointOf(handled), written) }
}
