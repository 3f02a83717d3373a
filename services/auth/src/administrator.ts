import { setTimeout as delay } from 'node:timers/promises'
import { newCommandId, newId } from '@atrium/platform/identifier.ts'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { findUser, type ClaimingDeps } from './claiming.ts'
import { emailFrom } from './identifiers.ts'
import type { PasswordHashing } from './password-hashing.ts'
import { requireStrong } from './password-rules.ts'
import { registerUser } from './registration.ts'
import { defaultTenant } from './tenant.ts'
import type { TenantDeps } from './tenants.ts'

export type Deps = ClaimingDeps & TenantDeps & { readonly passwords: PasswordHashing }

const startCause = (): Cause => {
  const commandId = newCommandId()
  return { tenant: defaultTenant, actor: { service: 'auth' }, correlationId: commandId, commandId }
}

/** The tenant that always exists. Several replicas may start at once. */
export async function ensureDefaultTenant({ tenants }: TenantDeps, at: string) {
  const { state } = await tenants.load(defaultTenant, defaultTenant)
  if (state.status === 'existing') return
  const command = { type: 'CreateTenant', tenantId: defaultTenant, name: 'Default', at } as const
  try {
    await tenants.handle(defaultTenant, command, startCause())
  } catch (error) {
    if (!(error instanceof Rejection && error.code === 'tenant-taken')) throw error
  }
}

/**
 * Another replica may be registering the same person, or have died over it: then it is taken over.
 */
const registrationWaitMs = 500
const registrationAttemptsMax = 40

/**
 * Makes sure that there is a platform administrator with this address. An account that exists keeps
 * its password. Throws Rejection for an address or a password that the rules refuse.
 */
export async function ensureAdministrator(
  deps: Deps,
  { email, password }: { readonly email: string; readonly password: string },
  now: () => Date,
): Promise<void> {
  const { id: userId } = (await findAdministrator(deps, email)) ?? (await register())
  await deps.users.handle(
    userId,
    { type: 'AppointPlatformAdministrator', userId, at: now().toISOString() },
    startCause(),
  )

  async function register(): Promise<{ id: string }> {
    requireStrong(password, { email }, '/ATRIUM_ADMIN_PASSWORD')
    const passwordHash = await deps.passwords.hash(password)
    for (let attempt = 1; ; attempt += 1) {
      const id = newId('usr')
      const registration = { userId: id, email, passwordHash, at: now().toISOString() }
      try {
        await registerUser(deps, registration, partOf(startCause(), 'administrator'))
        return { id }
      } catch (error) {
        const taken = error instanceof Rejection && error.code === 'email-taken'
        if (!taken || attempt === registrationAttemptsMax) throw error
      }
      const found = await findAdministrator(deps, email)
      if (found) return found
      await delay(registrationWaitMs)
    }
  }
}

async function findAdministrator(deps: ClaimingDeps, email: string) {
  const found = await findUser(deps, defaultTenant, emailFrom(email, '/ATRIUM_ADMIN_EMAIL'))
  return found?.user
}
