import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { problems } from '@atrium/contracts/problem.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { BlobMissing, type BlobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Uploads } from '../aggregates.ts'
import { headBytes, mediaTypeOf } from '../media/media-type.ts'
import type { ReceivedContent, UploadSession } from '../upload-session.ts'
import { demandAllowed } from '../uploads/rules.ts'
import { storeInspected, type StoreDeps } from '../uploads/store-files.ts'
import { clearUpload } from './clear-upload.ts'
import type { Lease } from './leases.ts'
import { keyOf } from './receive-piece.ts'
import { giveUpRoom, reserveFor } from './reservation.ts'
import type { SeenUploads } from './seen-uploads.ts'

export interface FinishDeps extends StoreDeps {
  readonly uploads: Uploads
  readonly seen: SeenUploads
}

export interface Finishing {
  readonly session: UploadSession
  readonly lease: Lease
  readonly cause: Cause
}

/** The room of an upload is kept for longer when so little of its time is left. */
const renewBeforeMs = 3_600_000

/**
 * Makes the asset of an upload of which all bytes are kept. Each step leaves what the next request,
 * or the next round of the collector, goes on with, so that the process may die between any two:
 * the commit of the stage is repeated, what the bytes are is an event before anybody holds them,
 * and the storage has the asset or says why not. What is to be refused ends the upload, and nothing
 * is left of it; that Rejection is thrown.
 */
export async function finishUpload(
  deps: FinishDeps,
  { session, lease, cause }: Finishing,
): Promise<ConsistencyPoint> {
  lease.settle()
  try {
    const content =
      session.status === 'received'
        ? session.content
        : await lookInto(deps, { session, lease, cause })
    await lease.demand()
    await deps.uploads.handle(
      session.uploadId,
      { type: 'ReceiveUpload', content, at: new Date().toISOString() },
      partOf(cause, 'receive'),
    )
    return await settle(deps, { session, content, cause })
  } catch (error) {
    return await refuseUpload(deps, { session, cause }, error)
  }
}

/**
 * What the bytes are, by all of them: as they were seen to come, or, where somebody may have
 * written unseen, as they are stored. Throws what they are to be refused with.
 */
async function lookInto(
  deps: FinishDeps,
  { session, lease, cause }: Finishing,
): Promise<ReceivedContent> {
  const { blobs, seen, rules, inspect } = deps
  const { projectId, sizeBytes } = session
  const key = keyOf(cause, session)
  const stage = await blobs.stage(key, { resumable: true })
  const committedBytes = await stage.commit()
  if (committedBytes !== sizeBytes) {
    throw new Error(`${key} has ${committedBytes} bytes in place of ${sizeBytes}`)
  }
  const isSeen = sizeBytes > 0 && !lease.isTakenOver
  const followed = isSeen ? seen.follow(key, sizeBytes) : undefined
  const { head, sha256 } = followed
    ? { head: followed.head, sha256: followed.sha256() }
    : await readAgain(blobs, key)
  const mediaType = mediaTypeOf(head)
  demandAllowed(rules, { projectId }, { mediaType, sizeBytes, file: 0 })
  const dimensions = await inspect(head, async () => buffer((await blobs.read(key)).stream))
  return { sha256, mediaType, ...dimensions }
}

/** Of an upload that came in part to a process that is gone. */
async function readAgain(blobs: BlobStore, key: BlobKey) {
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  const { stream } = await blobs.read(key)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk)
    const missing = headBytes - head.length
    if (missing > 0) head = Buffer.concat([head, chunk.subarray(0, missing)])
  }
  return { head, sha256: hash.digest('hex') }
}

interface Settling {
  readonly session: UploadSession
  readonly content: ReceivedContent
  readonly cause: Cause
}

/** From here on the storage decides. */
async function settle(deps: FinishDeps, settling: Settling): Promise<ConsistencyPoint> {
  const { session, cause } = settling
  const stored = await store(deps, settling)
  const finished = await finish(deps, session, cause)
  return laterOf(stored, finished)
}

async function store(deps: FinishDeps, settling: Settling): Promise<ConsistencyPoint> {
  const { session, content, cause } = settling
  const { uploadId, ownerId, reservationId, instanceId, projectId, name, sizeBytes } = session
  const { state } = await deps.storages.load(cause.tenant, ownerId)
  if (state.assets.has(uploadId)) return {} // a process that died had come so far
  const reservation = state.reservations.get(reservationId)
  if (!reservation) throw new Rejection('upload-expired')
  if (Date.parse(reservation.expiresAt) - Date.now() < renewBeforeMs) {
    await reserveFor(deps, session, { images: reservation.images }, partOf(cause, 'renew'))
  }
  const key = keyOf(cause, session)
  await demandBytes(deps, settling, key)
  const place = { instanceId, ...(projectId === undefined ? {} : { projectId }) }
  const asset = { assetId: uploadId, name, sizeBytes, ...content }
  const file = { ...asset, head: Buffer.alloc(0), content: { key, storedAtMs: Date.now() } }
  const identity = { cause, ownerId, reservationId }
  return await storeInspected(deps, identity, place, { files: [file], assets: [asset] })
}

/**
 * They are there, or a process that died had found that the tenant has them already, holds those,
 * and has removed its own.
 */
async function demandBytes(
  { blobs, blobAggregates }: FinishDeps,
  { session, content, cause }: Settling,
  key: BlobKey,
): Promise<void> {
  try {
    await blobs.head(key)
  } catch (error) {
    if (!(error instanceof BlobMissing)) throw error
    const { state } = await blobAggregates.load(cause.tenant, content.sha256)
    const isHeld = state.current !== undefined && state.holders.has(session.uploadId)
    if (!isHeld) throw new Rejection('upload-expired', {}, { cause: error })
  }
}

async function finish({ uploads, seen }: FinishDeps, session: UploadSession, cause: Cause) {
  const command = { type: 'FinishUpload', at: new Date().toISOString() } as const
  const handled = await uploads.handle(session.uploadId, command, partOf(cause, 'finish'))
  seen.forget(keyOf(cause, session))
  return pointOf(handled)
}

/** Whether it would be refused again, whenever and wherever it is tried. */
function isFinal(error: unknown): error is Rejection {
  if (!(error instanceof Rejection) || error.code === 'upload-locked') return false
  const status: number = problems[error.code].status
  return status < 500 && status !== 429
}

/**
 * Ends an upload that is not taken, throws why, and leaves nothing of it. A fault that may pass is
 * only thrown. The room goes first: whoever else is at this upload can store no asset from then on,
 * and where the storage has it by then, the upload is finished after all.
 */
export async function refuseUpload(
  deps: FinishDeps,
  { session, cause }: Pick<Finishing, 'session' | 'cause'>,
  because: unknown,
): Promise<ConsistencyPoint> {
  const { uploads } = deps
  if (!isFinal(because)) throw because
  const { state } = await giveUpRoom(deps, session, partOf(cause, 'give up'))
  if (state.assets.has(session.uploadId)) return await finish(deps, session, cause)
  const { code } = because
  const command = { type: 'RefuseUpload', code, at: new Date().toISOString() } as const
  await uploads.handle(session.uploadId, command, partOf(cause, 'refuse'))
  await clearUpload(deps, session.uploadId, cause)
  throw because
}
