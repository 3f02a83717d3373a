import { derivedCommandId } from '@atrium/platform/identifier.ts'
import { createRounds, type RoundsOptions } from '@atrium/platform/timers/rounds.ts'
import type { Pool } from 'pg'
import { releaseAssets, type ReleaseDeps } from '../files/release.ts'
import {
  type DueRelease,
  listDueReleases,
  listLooseAssets,
  listStaleCopies,
} from '../projections/file-tree/query.ts'

export interface Deps extends ReleaseDeps {
  /** Across tenants: the timer's role, not the routes'. */
  readonly owner: Pool
}

/** What a request is still at is not touched. */
const releasedMinMs = 60_000
const unfinishedMinMs = 6 * 3_600_000

/** Found in one round; what is left over waits for the next. */
const roundMax = 1_000

/**
 * Finishes what processes that died have left of files: assets that a tree let go and nobody told
 * the storage of, copies that were never attached, and assets of files that never came to be. Any
 * replica may do it, at the same time as another. Resolves with how much there was. One that fails
 * keeps no other from its turn; then an AggregateError tells all.
 */
export async function tidyFiles(deps: Deps, at: string): Promise<number> {
  const before = (ageMs: number) => new Date(Date.parse(at) - ageMs).toISOString()
  const faults: unknown[] = []
  const attempt = (work: Promise<unknown>) => work.catch((fault: unknown) => faults.push(fault))

  const copies = await listStaleCopies(deps.owner, {
    before: before(unfinishedMinMs),
    limit: roundMax,
  })
  for (const { tenant, instanceId, ownerId, copyId } of copies) {
    const command = { type: 'DropCopy', instanceId, ownerId, at, copyId } as const
    await attempt(deps.trees.handle(instanceId, command, causeOf(tenant, 'drop', copyId, at)))
  }
  const released = await listDueReleases(deps.owner, {
    before: before(releasedMinMs),
    limit: roundMax,
  })
  for (const each of released) {
    await attempt(releaseAssets(deps, each, causeOf(each.tenant, 'release', each.instanceId, at)))
  }
  const loose = await listLooseAssets(deps.owner, {
    before: before(unfinishedMinMs),
    limit: roundMax,
  })
  for (const each of loose) await attempt(releaseLoose(deps, each, at))
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} were not tidied`)
  return copies.length + released.length + loose.length
}

/** The read model may be behind; the tree itself says whether a file has the asset. */
async function releaseLoose(deps: Deps, loose: DueRelease, at: string) {
  const { tenant, instanceId } = loose
  const { state } = await deps.trees.load(tenant, instanceId)
  const held = new Set<string>()
  for (const [, entry] of state.entries.entries()) {
    if (entry.kind === 'file') held.add(entry.content.assetId)
  }
  const assetIds = loose.assetIds.filter((id) => !held.has(id))
  const cause = causeOf(tenant, 'release loose', instanceId, at)
  await releaseAssets(deps, { ...loose, assetIds }, cause)
}

function causeOf(tenant: string, word: string, id: string, at: string) {
  const commandId = derivedCommandId('tidy-files', `${word} ${tenant}`, id, at)
  return { tenant, actor: { service: 'assets' }, correlationId: commandId, commandId }
}

export const createTidyTimer = (options: Deps & Pick<RoundsOptions, 'intervalMs' | 'logger'>) =>
  createRounds({
    ...options,
    name: 'tidy-files',
    async run(at) {
      const tidied = await tidyFiles(options, at)
      return tidied > 0 ? { tidied } : undefined
    },
  })
