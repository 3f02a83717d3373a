import type { Cause } from '@atrium/platform/decider/cause.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import { derivedCommandId } from '@atrium/platform/identifier.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Pool } from 'pg'
import { listLeftUploads, type LeftUpload } from '../projections/upload-list/query.ts'
import { clearUpload } from '../resumable/clear-upload.ts'
import { finishUpload, refuseUpload, type FinishDeps } from '../resumable/finish-upload.ts'
import type { Lease, UploadLeases } from '../resumable/leases.ts'
import { keptBytesOf, keyOf } from '../resumable/receive-piece.ts'
import type { UploadSession } from '../upload-session.ts'
import { createFaults, inParallel } from './in-parallel.ts'

export interface SweepDeps extends FinishDeps {
  readonly leases: UploadLeases
  /** Across tenants: the collector's role, not the routes'. */
  readonly owner: Pool
  /** What a request is still at is left to it for so long. */
  readonly settlingMs: number
}

/** In one round; what is left over waits for the next. */
const roundMax = 500
const parallelMax = 4

/**
 * Ends resumable uploads whose time is over or whose instance is gone, finishes those of which all
 * bytes came before a process died, and clears away what is left of others. Resolves with how many
 * there were. One that a request is at just now is left to the next round; one that fails keeps no
 * other from its turn: then an AggregateError tells all.
 */
export async function sweepUploads(deps: SweepDeps, at: string): Promise<number> {
  const faults = createFaults('uploads were not settled')
  const before = new Date(Date.parse(at) - deps.settlingMs).toISOString()
  const left = await listLeftUploads(deps.owner, { at, before, limit: roundMax })
  let count = 0
  await inParallel(parallelMax, left, faults.note, async (upload) => {
    try {
      const work = (lease: Lease) => settle(deps, upload, lease, at)
      await deps.leases.hold(upload, work, { waitMs: 0 })
      count += 1
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      if (error.code !== 'upload-locked') count += 1 // it was refused, and is gone
    }
  })
  faults.throwAny()
  return count
}

async function settle(deps: SweepDeps, upload: LeftUpload, lease: Lease, at: string) {
  const cause = causeOf(upload, at)
  const { state: session } = await deps.uploads.load(upload.tenant, upload.uploadId)
  switch (session.status) {
    case 'none':
    case 'finished':
      return // the read model is behind
    case 'ended':
      return await clearUpload(deps, upload.uploadId, cause)
    case 'received':
      await finishUpload(deps, { session, lease, cause })
      return
    case 'open':
      return await endOpen(deps, session, lease, { cause, at })
  }
}

async function endOpen(
  deps: SweepDeps,
  session: UploadSession,
  lease: Lease,
  { cause, at }: { readonly cause: Cause; readonly at: string },
): Promise<void> {
  const { storages, blobs, uploads } = deps
  const { state } = await storages.load(cause.tenant, session.ownerId)
  if (state.instances.get(session.instanceId)?.status === 'purged') {
    await refuseUpload(deps, { session, cause }, new Rejection('not-found'))
    return
  }
  const stage = await blobs.stage(keyOf(cause, session), { resumable: true })
  if ((await keptBytesOf(stage, session)) === session.sizeBytes) {
    await finishUpload(deps, { session, lease, cause }) // its last answer got lost
    return
  }
  await uploads.handle(session.uploadId, { type: 'ExpireUpload', at }, partOf(cause, 'expire'))
  await clearUpload(deps, session.uploadId, cause)
}

/** The same for the same work of a round. What follows from it concerns the owner. */
function causeOf({ tenant, uploadId, ownerId }: LeftUpload, at: string): Cause {
  const commandId = derivedCommandId('assets uploads', tenant, uploadId, at)
  const actor = { userId: ownerId, service: 'assets' }
  return { tenant, actor, correlationId: commandId, commandId }
}
