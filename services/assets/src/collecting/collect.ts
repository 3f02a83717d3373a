import type { Pool } from 'pg'
import type { Cause } from '@atrium/platform/decider/cause.ts'
import { derivedCommandId } from '@atrium/platform/identifier.ts'
import type { Storages } from '../aggregates.ts'
import { dropVariants, letGoOfBlob, removeCondemned, type LetGoDeps } from '../let-go-of-blob.ts'
import {
  listCondemned,
  listLeftHolders,
  listOldVariants,
} from '../projections/blob-list/leftover-query.ts'
import {
  listDueAssets,
  listExpiredReservations,
  type DueAsset,
} from '../projections/library/due-query.ts'
import { createFaults, inParallel } from './in-parallel.ts'

export interface CollectDeps extends LetGoDeps {
  readonly storages: Storages
  /** Across tenants: the collector's role, not the routes'. */
  readonly owner: Pool
  /** How long a derived picture is kept before it has to be made anew. */
  readonly variantsKeptMs: number
}

/** What one round did. */
export interface Collected {
  readonly expired: number
  readonly purged: number
  readonly released: number
  readonly removed: number
  /** Derived pictures whose time was over. */
  readonly aged: number
}

/** Of each kind in one round; what is left over waits for the next. */
export const roundMax = 2_000

/** Assets in one command; blobs, and commands to storages, at one time. */
const commandMax = 500
const parallelMax = 16
const ownersMax = 4

/**
 * Purges what is due and lets go of its bytes, ends reservations and derived pictures whose time is
 * over, and mends what
 * processes left that died between two steps: holds without an asset, bytes that were condemned and
 * are still there. Any process may do it, at the same time as another: each step looks at what is
 * true now. One that fails keeps no other from its turn; then an AggregateError tells all.
 */
export async function collect(deps: CollectDeps, at: string): Promise<Collected> {
  const faults = createFaults('were not collected')
  // What was left first: what this round purges is not yet gone from the read models afterwards.
  const released = await releaseLeftHolders(deps, at, faults.note)
  const removed = await removeLeftCondemned(deps, at, faults.note)
  const expired = await expireReservations(deps, at, faults.note)
  const aged = await dropOldVariants(deps, at, faults.note)
  const purged = await purgeDue(deps, at, faults.note)
  faults.throwAny()
  return { expired, purged, released, removed, aged }
}

type Note = (fault: unknown) => void

async function expireReservations({ storages, owner }: CollectDeps, at: string, note: Note) {
  const expired = await listExpiredReservations(owner, { at, limit: roundMax })
  await inParallel(parallelMax, expired, note, async ({ tenant, ownerId, reservationId }) => {
    const command = { type: 'ExpireSpace', ownerId, reservationId, at } as const
    await storages.handle(ownerId, command, causeOf('expire', tenant, reservationId, at))
  })
  return expired.length
}

async function purgeDue(deps: CollectDeps, at: string, note: Note): Promise<number> {
  const due = await listDueAssets(deps.owner, { at, limit: roundMax })
  let count = 0
  await inParallel(ownersMax, batchesOf(due), note, async (batch) => {
    const purged = await purgeBatch(deps, batch, at)
    count += purged.length
    await inParallel(parallelMax, purged, note, async (asset) => {
      const cause = causeOf('release', batch.tenant, asset.assetId, at)
      await letGoOfBlob(deps, asset, cause)
    })
  })
  return count
}

interface Batch {
  readonly tenant: string
  readonly ownerId: string
  readonly assetIds: readonly string[]
}

/** Assets of one owner each, so many as one command takes. */
function batchesOf(due: readonly DueAsset[]): readonly Batch[] {
  const byOwner = Map.groupBy(due, ({ tenant, ownerId }) => `${tenant} ${ownerId}`)
  return [...byOwner.values()].flatMap((assets) => {
    const [{ tenant, ownerId } = { tenant: '', ownerId: '' }] = assets
    const ids = assets.map(({ assetId }) => assetId)
    return Array.from({ length: Math.ceil(ids.length / commandMax) }, (_, index) => {
      const assetIds = ids.slice(index * commandMax, (index + 1) * commandMax)
      return { tenant, ownerId, assetIds }
    })
  })
}

async function purgeBatch({ storages }: CollectDeps, batch: Batch, at: string) {
  const { tenant, ownerId, assetIds } = batch
  const command = { type: 'CollectAssets', ownerId, assetIds, at } as const
  const { events } = await storages.handle(
    ownerId,
    command,
    causeOf('collect', tenant, ...assetIds, at),
  )
  return events.flatMap((event) =>
    event.type === 'AssetPurged'
      ? [{ assetId: event.data.assetId, sha256: event.data.sha256 }]
      : [],
  )
}

async function releaseLeftHolders(deps: CollectDeps, at: string, note: Note): Promise<number> {
  const { storages, owner } = deps
  let count = 0
  const holders = await listLeftHolders(owner, roundMax)
  await inParallel(parallelMax, holders, note, async (holder) => {
    const { tenant, sha256, assetId, ownerId, reservationId } = holder
    const { state } = await storages.load(tenant, ownerId)
    // Without its reservation an upload can store nothing any more: this is final.
    if (state.assets.has(assetId) || state.reservations.has(reservationId)) return
    await letGoOfBlob(deps, { sha256, assetId }, causeOf('let go', tenant, assetId, at))
    count += 1
  })
  return count
}

async function dropOldVariants(deps: CollectDeps, at: string, note: Note): Promise<number> {
  const before = new Date(Date.parse(at) - deps.variantsKeptMs).toISOString()
  const old = await listOldVariants(deps.owner, { before, limit: roundMax })
  await inParallel(parallelMax, old, note, async ({ tenant, sha256, keys }) => {
    const cause = causeOf('drop', tenant, sha256, at)
    await dropVariants(deps, { sha256, keys, reason: 'old' }, cause)
  })
  return old.reduce((sum, { keys }) => sum + keys.length, 0)
}

async function removeLeftCondemned(deps: CollectDeps, at: string, note: Note): Promise<number> {
  const condemned = await listCondemned(deps.owner, roundMax)
  await inParallel(parallelMax, condemned, note, async ({ tenant, sha256, keys }) => {
    await removeCondemned(deps, sha256, keys, causeOf('remove', tenant, sha256, at))
  })
  return condemned.length
}

/** The same for the same work of a round, so that two processes at once write it once. */
function causeOf(work: string, tenant: string, ...parts: readonly string[]): Cause {
  const commandId = derivedCommandId('assets collector', work, tenant, ...parts)
  return { tenant, actor: { service: 'assets' }, correlationId: commandId, commandId }
}
