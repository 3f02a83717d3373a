import { setTimeout as delay } from 'node:timers/promises'
import { derivedId } from '@atrium/platform/identifier.ts'
import type { Administrator, Caller } from './callers.ts'
import type { OldUser } from './convert-user.ts'
import { Refused } from './platform-client.ts'

/** The same id for the same account in one import: sent again, it is found. */
export const userIdFor = (tenant: string, runId: string, { id }: OldUser) =>
  derivedId('usr', 'planner-import', tenant, runId, id)

export interface UserImport {
  readonly tenant: string
  readonly userId: string
  readonly user: OldUser
  /** For an account whose file does not say when it began. */
  readonly now: string
  readonly dryRun: boolean
}

/**
 * Takes the account over, or says what would be. What the platform does not take for a user name,
 * or has given to somebody else, is left out: the person signs in by e-mail. Notes say so. Throws
 * Refused where there can be no such account.
 */
export async function importUser(administrator: Administrator, given: UserImport) {
  const { user } = given
  try {
    await put(administrator, given, user.username)
    return []
  } catch (error) {
    if (!(error instanceof Refused) || user.username === null || !isAboutName(error)) throw error
    await put(administrator, given, null)
    const why = error.code === 'username-taken' ? 'is somebody else’s' : 'cannot be one here'
    return [`the user name "${user.username}" ${why}: the person signs in by e-mail`]
  }
}

const isAboutName = ({ code, errors }: Refused) =>
  code === 'username-taken' ||
  (errors.length > 0 && errors.every(({ pointer }) => pointer === '/username'))

async function put(administrator: Administrator, given: UserImport, username: string | null) {
  const { tenant, userId, user, now, dryRun } = given
  const path = `/v1/tenants/${tenant}/imported-users/${userId}`
  await administrator.call({
    method: 'PUT',
    path: dryRun ? `${path}?dryRun=true` : path,
    body: {
      email: user.email,
      ...(username === null ? {} : { username }),
      passwordHash: user.passwordHash,
      registeredAt: user.registeredAt ?? now,
    },
  })
}

const workspaceWaitMs = 60_000
const workspacePollMs = 200

/** The personal workspace, which comes a moment after the account. */
export async function personalWorkspaceOf(person: Caller): Promise<string> {
  const deadlineMs = Date.now() + workspaceWaitMs
  for (;;) {
    const { body } = await person.call({ method: 'GET', path: '/v1/instances' })
    const { items } = body as { readonly items: readonly { readonly id: string }[] }
    const [first] = items
    if (first) return first.id
    if (Date.now() > deadlineMs) {
      throw new Error(`no personal workspace within ${workspaceWaitMs / 1_000} seconds`)
    }
    await delay(workspacePollMs)
  }
}
