import * as contract from '@atrium/contracts/auth/import-http.ts'
import { TenantId, UserId } from '@atrium/contracts/schema.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Compile } from 'typebox/compile'
import {
  actForImported,
  importUser,
  rehearseImport,
  removeImported,
  type Import,
  type ImportDeps,
} from '../imports.ts'
import { requireTenant, type TenantDeps } from '../tenants.ts'
import { personNameFrom } from '../identifiers.ts'

export type Deps = ImportDeps & TenantDeps

const isTenantId = Compile(TenantId)
const isUserId = Compile(UserId)

/** Accounts that platform administrators take over from elsewhere, into any tenant. */
export function mountImportedUsers(app: FastifyInstance, deps: Deps) {
  const requirePlace = async ({ tenantId, userId }: { tenantId: string; userId: string }) => {
    if (!isTenantId.Check(tenantId) || !isUserId.Check(userId)) throw new Rejection('not-found')
    await requireTenant(deps, tenantId)
  }

  mount(app, contract.importUser, async ({ params, query, body, at, cause }) => {
    await requirePlace(params)
    const { tenantId: tenant, userId } = params
    const { email, username, name, passwordHash, registeredAt } = body
    const given: Import = {
      userId,
      email,
      passwordHash,
      ...(username === undefined ? {} : { username }),
      ...(name === undefined ? {} : { name: personNameFrom(name) }),
      importedFrom: { registeredAt },
      at,
    }
    if (query.dryRun) {
      const { isNew } = await rehearseImport(deps, given, tenant)
      const would = { id: userId, email: email.trim(), username: username ?? null }
      return { status: isNew ? 201 : 200, body: { ...would, createdAt: registeredAt } }
    }
    const { user, isNew, written } = await importUser(deps, given, { ...cause, tenant })
    const { id, createdAt } = user
    const answer = { id, email: user.email, username: user.username, createdAt }
    return { status: isNew ? 201 : 200, body: answer, written }
  })

  mount(app, contract.actForImportedUser, async ({ params, caller, newId, at, cause }) => {
    await requirePlace(params)
    const { tenantId: tenant, userId } = params
    const acting = { userId, impersonatorId: caller.userId, sessionId: newId('ses'), at }
    const { written, ...body } = await actForImported(deps, acting, { ...cause, tenant })
    return { status: 200, body, written }
  })

  mount(app, contract.removeImportedUser, async ({ params, at, cause }) => {
    await requirePlace(params)
    const { tenantId: tenant, userId } = params
    const written = await removeImported(deps, { userId, at }, { ...cause, tenant })
    return { status: 204, written }
  })
}
