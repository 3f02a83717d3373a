import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { demandPlace } from '../storage.ts'
import { isPast } from '../storage-state.ts'
import { endOf, type UploadSession } from '../upload-session.ts'
import { fileNameFrom } from '../uploads/file-name.ts'
import { demandSize } from '../uploads/rules.ts'
import { clearUpload } from './clear-upload.ts'
import { finishUpload, refuseUpload, type FinishDeps } from './finish-upload.ts'
import type { Lease, UploadLeases } from './leases.ts'
import type { UploadMetadata } from './metadata.ts'
import { keptBytesOf, keyOf, receivePiece, type Piece } from './receive-piece.ts'
import { reserveFirst, reserveFor } from './reservation.ts'

export interface ResumableDeps extends FinishDeps {
  readonly leases: UploadLeases
  /** How long an upload may take, from its creation. */
  readonly lifetimeMs: number
}

/** One request for an upload. */
export interface Asking {
  readonly ownerId: string
  readonly cause: Cause
}

export interface UploadToBe {
  readonly uploadId: string
  readonly reservationId: string
  readonly sizeBytes: number
  readonly metadata: UploadMetadata
  /** As it came. */
  readonly metadataText: string | undefined
  readonly at: string
}

/** How far an upload has come, and what of it was written just now. */
export interface Progress {
  readonly session: UploadSession
  readonly offsetBytes: number
  /** The asset is there. */
  readonly isFinished: boolean
  readonly written: ConsistencyPoint
}

/**
 * Reserves room for all of an upload, and then lets it begin. Throws Rejection `not-found` for a
 * place that is not there, `quota-exceeded`, `file-too-large`.
 */
export async function createUpload(
  deps: ResumableDeps,
  { ownerId, cause }: Asking,
  upload: UploadToBe,
): Promise<Progress> {
  const { uploadId, reservationId, sizeBytes, metadata, metadataText, at } = upload
  const { instanceId, projectId, filename } = metadata
  demandSize(deps.rules, { projectId }, { sizeBytes, file: 0 })
  const expiresAt = new Date(Date.parse(at) + deps.lifetimeMs).toISOString()
  const place = { instanceId, projectId }
  const session = { ownerId, ...place, reservationId, sizeBytes, expiresAt }
  const images = projectId === undefined ? 0 : 1 // a project takes nothing else
  const first = await reserveFirst(deps, session, { images }, partOf(cause, 'reserve'))
  const created = await deps.uploads.handle(
    uploadId,
    {
      type: 'CreateUpload',
      uploadId,
      ownerId,
      instanceId,
      ...(projectId === undefined ? {} : { projectId }),
      reservationId,
      name: fileNameFrom(filename),
      sizeBytes,
      ...(metadataText === undefined ? {} : { metadata: metadataText }),
      at,
      expiresAt,
    },
    partOf(cause, 'create'),
  )
  const kept = await reserveFor(deps, session, { images }, partOf(cause, 'keep'))
  if (created.state.status === 'none') throw new Error(`${uploadId} was not created`)
  const written = [first, created, kept].map(pointOf).reduce(laterOf)
  return { session: created.state, offsetBytes: 0, isFinished: false, written }
}

/**
 * How far an upload of this owner has come. Where all of it is kept, it is finished before that is
 * told. Throws Rejection `not-found`, `upload-expired`, `upload-ended`, and what the bytes are
 * refused with.
 */
export async function progressOf(
  deps: ResumableDeps,
  asking: Asking,
  uploadId: string,
): Promise<Progress> {
  const which = { tenant: asking.cause.tenant, uploadId }
  const session = await sessionOf(deps, asking, uploadId)
  if (session.status === 'finished') return finishedProgress(session)
  await deps.leases.nudge(which)
  const offsetBytes = await keptBytes(deps, asking, session)
  if (offsetBytes < session.sizeBytes) {
    refuseLate(session)
    return { session, offsetBytes, isFinished: false, written: {} }
  }
  return await deps.leases.hold(which, (lease) => goOn(deps, asking, uploadId, lease))
}

/** Keeps the bytes of one piece, and finishes the upload with the last one. Throws as above. */
export async function receive(
  deps: ResumableDeps,
  asking: Asking,
  { uploadId, piece, signal }: ReceivingOptions,
): Promise<Progress> {
  const { cause } = asking
  const before = await sessionOf(deps, asking, uploadId)
  if (before.status === 'finished') return repeated(before, piece)
  return await deps.leases.hold({ tenant: cause.tenant, uploadId }, async (lease) => {
    const session = await sessionOf(deps, asking, uploadId)
    if (session.status === 'finished') return repeated(session, piece)
    if (session.status === 'open') await demandUsable(deps, asking, session)
    try {
      const offsetBytes = await receivePiece(deps, { session, piece, lease, signal, cause })
      if (offsetBytes < session.sizeBytes) {
        return { session, offsetBytes, isFinished: false, written: {} }
      }
    } catch (error) {
      if (!endsUpload(error)) throw error
      const written = await refuseUpload(deps, { session, cause }, error)
      return finishedProgress(session, written)
    }
    return await goOn(deps, asking, uploadId, lease)
  })
}

export interface ReceivingOptions {
  readonly uploadId: string
  readonly piece: Piece
  readonly signal: AbortSignal
}

/** Ends an upload of which not all is here, and leaves nothing of it. */
export async function terminate(
  deps: ResumableDeps,
  asking: Asking,
  uploadId: string,
): Promise<ConsistencyPoint> {
  const { cause } = asking
  await sessionOf(deps, asking, uploadId)
  return await deps.leases.hold({ tenant: cause.tenant, uploadId }, async () => {
    const command = { type: 'TerminateUpload', at: new Date().toISOString() } as const
    const handled = await deps.uploads.handle(uploadId, command, partOf(cause, 'terminate'))
    await clearUpload(deps, uploadId, cause)
    return pointOf(handled)
  })
}

/** Finishes an upload of which all bytes are kept, as far as somebody else has not. */
async function goOn(
  deps: ResumableDeps,
  asking: Asking,
  uploadId: string,
  lease: Lease,
): Promise<Progress> {
  const session = await sessionOf(deps, asking, uploadId)
  if (session.status === 'finished') return finishedProgress(session)
  const written = await finishUpload(deps, { session, lease, cause: asking.cause })
  return finishedProgress(session, written)
}

/** The owner's upload, unless it has ended. What another one has does not exist. */
async function sessionOf(
  { uploads }: ResumableDeps,
  { ownerId, cause }: Asking,
  uploadId: string,
): Promise<UploadSession> {
  const { state } = await uploads.load(cause.tenant, uploadId)
  if (state.status === 'none' || state.ownerId !== ownerId) throw new Rejection('not-found')
  if (state.status === 'ended') throw endOf(state)
  if (state.status === 'finished' && isPast(state.expiresAt, new Date().toISOString())) {
    throw endOf(state)
  }
  return state
}

async function keptBytes(
  { blobs }: ResumableDeps,
  { cause }: Asking,
  session: UploadSession,
): Promise<number> {
  if (session.status === 'received') return session.sizeBytes
  const stage = await blobs.stage(keyOf(cause, session), { resumable: true })
  return await keptBytesOf(stage, session)
}

/** The upload may go on: its time is not over, and its place is there. */
async function demandUsable(
  { storages }: ResumableDeps,
  { cause }: Asking,
  session: UploadSession,
): Promise<void> {
  const { ownerId, instanceId, projectId } = session
  refuseLate(session)
  const { state } = await storages.load(cause.tenant, ownerId)
  demandPlace({ instanceId, ...(projectId === undefined ? {} : { projectId }) }, state)
}

function refuseLate({ status, expiresAt }: UploadSession): void {
  const isLate = isPast(expiresAt, new Date().toISOString())
  if (status === 'open' && isLate) throw new Rejection('upload-expired')
}

/** A piece after the last one: its sender did not get the answer to that. */
function repeated(session: UploadSession, { offsetBytes, lengthBytes }: Piece): Progress {
  const { sizeBytes } = session
  if (offsetBytes !== sizeBytes) {
    throw new Rejection('upload-offset-mismatch', { offsetBytes: sizeBytes })
  }
  if (lengthBytes !== 0) throw new Rejection('body-too-large', { bytesMax: 0 })
  return finishedProgress(session)
}

const finishedProgress = (session: UploadSession, written: ConsistencyPoint = {}): Progress => ({
  session,
  offsetBytes: session.sizeBytes,
  isFinished: true,
  written,
})

/** What the first bytes are refused with, or what a reservation that is gone says. */
const endsUpload = (error: unknown) =>
  error instanceof Rejection &&
  ['media-type-not-allowed', 'file-too-large', 'quota-exceeded', 'upload-expired'].includes(
    error.code,
  )
