import type { Administrator } from './callers.ts'
import { rowOf, type ImportRow } from './import-row.ts'
import type { Ledger } from './ledger.ts'
import { Refused } from './platform-client.ts'

export interface Rollback {
  readonly administrator: Administrator
  readonly tenant: string
  readonly ledger: Ledger
  readonly dryRun: boolean
}

/**
 * Takes away every account that the import brought, and with it everything that it has. One that
 * somebody has signed in to is its owner's by now, and stays with all that is in it.
 */
export async function rollBack({ administrator, tenant, ledger, dryRun }: Rollback) {
  const rows: ImportRow[] = []
  for (const [oldId, userId] of ledger.users) {
    const projects = [...ledger.projects.values()].filter((each) => each.userId === userId)
    const named = { oldId, name: `${projects.length} projects` }
    if (ledger.removed.has(userId)) continue
    if (dryRun) {
      const words = ['would be removed, unless somebody has signed in']
      rows.push(rowOf('user', named, 'kept', words, userId))
      continue
    }
    const path = `/v1/tenants/${tenant}/imported-users/${userId}`
    try {
      await administrator.call({ method: 'DELETE', path })
    } catch (error) {
      if (error instanceof Refused && error.code === 'import-closed') {
        rows.push(rowOf('user', named, 'kept', ['somebody has signed in to it'], userId))
        continue
      }
      // An attempt before this one removed it, and did not live to note it.
      if (!(error instanceof Refused && error.status === 404)) throw error
    }
    await ledger.note({ entry: 'user-removed', userId })
    rows.push(rowOf('user', named, 'removed', [], userId))
  }
  const isComplete = [...ledger.users.values()].every((userId) => ledger.removed.has(userId))
  if (!dryRun && isComplete) await ledger.note({ entry: 'run-rolled-back', runId: ledger.runId })
  return rows
}
