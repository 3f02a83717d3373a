import { blobKey, type BlobStore, type StagedEntry } from '@atrium/platform/blobs/port.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { derivedCommandId } from '@atrium/platform/identifier.ts'
import { requestRebuild } from '@atrium/platform/projections/operate.ts'
import { replayEqualsLive } from '@atrium/platform/projections/replay.ts'
import type { Blobs, Proofs } from '../aggregates.ts'
import { createFaults, inParallel } from '../collecting/in-parallel.ts'
import type { Proof } from '../proof.ts'
import { blobList } from '../projections/blob-list/projection.ts'
import { fileTree } from '../projections/file-tree/projection.ts'
import { library } from '../projections/library/projection.ts'
import { linkList } from '../projections/link-list/projection.ts'
import { uploadList } from '../projections/upload-list/projection.ts'
import { compareBlobs, type BlobComparison } from './compare-blobs.ts'

export interface ProveDeps {
  readonly store: EventStore
  readonly database: Pick<Database, 'owner'>
  readonly blobs: BlobStore
  readonly blobAggregates: Blobs
  readonly proofs: Proofs
  /** Resolves when the read models of this context are as far as the log. */
  readonly caughtUp: () => Promise<number>
  /** How long an upload may take between storing bytes and holding them. */
  readonly unsettledMs: number
}

export interface ProofRequest {
  readonly proofId: string
  readonly repair: boolean
}

/** The stream of all proofs of an installation. */
export const proofStream = { tenant: 'default', id: 'blobs' } as const

const parallelMax = 16

/**
 * Compares all that should agree: the read models with a replay of the log, then the bytes in the
 * blob store with the read models. What it finds is an event. With `repair` it removes what is too
 * much, says of what is missing that it is lost (the next upload of the same content brings it
 * back), and has a read model that differs built anew. Derived pictures that a process left are
 * removed by every proof: nobody misses them.
 */
export async function prove(deps: ProveDeps, request: ProofRequest): Promise<Proof> {
  const { proofId, repair } = request
  const startedAt = new Date().toISOString()
  const settledBefore = new Date(Date.parse(startedAt) - deps.unsettledMs)
  const position = await deps.caughtUp()
  const { differences, assets } = await compareReadModels(deps, repair)
  const compared = await compareBlobs(
    { owner: deps.database.owner, blobs: deps.blobs },
    settledBefore,
  )
  await removeAll(deps.blobs, compared.leftovers, compared.stagedLeftovers)
  if (repair) await mend(deps, compared, proofId)
  const proof: Proof = {
    proofId,
    position,
    blobs: compared.blobs,
    assets,
    orphans: compared.orphans.length + compared.staged.length,
    missing: compared.missing.length,
    unsettled: compared.unsettled,
    leftovers: compared.leftovers.length + compared.stagedLeftovers.length,
    differences,
    repaired: repair,
    startedAt,
    completedAt: new Date().toISOString(),
  }
  await note(deps.proofs, proof)
  return proof
}

async function compareReadModels({ store, database }: ProveDeps, repair: boolean) {
  let differences = 0
  for (const definition of [library, blobList, uploadList, fileTree, linkList]) {
    const { equal, differences: found } = await replayEqualsLive(
      database,
      store,
      definition,
      'assets',
    )
    differences += found.length
    if (!equal && repair) await requestRebuild(database.owner, definition.name)
  }
  const { rows } = await database.owner.query<{ readonly count: number }>(
    'select count(*)::int as count from asset_list',
  )
  return { differences, assets: rows[0]?.count ?? 0 }
}

async function mend(deps: ProveDeps, compared: BlobComparison, proofId: string): Promise<void> {
  const { blobs, blobAggregates } = deps
  const faults = createFaults('were not mended')
  await removeAll(blobs, compared.orphans, compared.staged)
  await inParallel(parallelMax, compared.missing, faults.note, async (missing) => {
    const { tenant, sha256, key } = missing
    if (key === null) return
    const at = new Date().toISOString()
    const commandId = derivedCommandId('condemn lost', proofId, tenant, sha256, key)
    const cause = { tenant, actor: { service: 'assets' }, correlationId: commandId, commandId }
    const lost = { sha256, at }
    await blobAggregates.handle(sha256, { ...lost, type: 'CondemnLost', key }, cause)
    const dropped = { ...lost, type: 'DropVariants', keys: [key], reason: 'lost' } as const
    await blobAggregates.handle(sha256, dropped, partOf(cause, 'variant'))
  })
  faults.throwAny()
}

async function removeAll(
  blobs: BlobStore,
  keys: readonly string[],
  staged: readonly StagedEntry[],
): Promise<void> {
  const faults = createFaults('were not removed')
  await inParallel(parallelMax, keys, faults.note, (key) => blobs.remove(blobKey(key)))
  await inParallel(parallelMax, staged, faults.note, (entry) => entry.drop())
  faults.throwAny()
}

async function note(proofs: Proofs, proof: Proof): Promise<void> {
  const commandId = derivedCommandId('complete proof', proof.proofId)
  await proofs.handle(
    proofStream.id,
    { type: 'CompleteProof', proof },
    {
      tenant: proofStream.tenant,
      actor: { service: 'assets' },
      correlationId: commandId,
      commandId,
    },
  )
}
