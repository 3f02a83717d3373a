import { checkedPieceBytesMax } from '@atrium/contracts/assets/tus-http.ts'
import {
  blobKey,
  StageBusy,
  StageMissing,
  StageOffsetMismatch,
  type BlobStore,
  type Stage,
} from '@atrium/platform/blobs/port.ts'
import { untilAborted } from '@atrium/platform/blobs/source.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Storages } from '../aggregates.ts'
import { headBytes, mediaTypeOf } from '../media/media-type.ts'
import type { StorageLimits } from '../storage.ts'
import { createTurns } from '@atrium/platform/turns.ts'
import type { UploadSession } from '../upload-session.ts'
import { demandAllowed, type UploadRules } from '../uploads/rules.ts'
import { demandChecksum, type Checksum } from './checksum.ts'
import type { Lease } from './leases.ts'
import { reserveFor } from './reservation.ts'
import type { SeenUpload, SeenUploads } from './seen-uploads.ts'

export interface ReceiveDeps {
  readonly blobs: BlobStore
  readonly storages: Storages
  readonly rules: UploadRules
  readonly limits: StorageLimits
  readonly seen: SeenUploads
}

/** Bytes of an upload, as a client sends them. */
export interface Piece {
  readonly offsetBytes: number
  readonly source: AsyncIterable<Uint8Array>
  /** As it was announced; undefined where only its end will tell. */
  readonly lengthBytes: number | undefined
  readonly checksum: Checksum | undefined
}

export interface ReceiveOptions {
  readonly session: UploadSession
  readonly piece: Piece
  readonly lease: Lease
  readonly signal: AbortSignal
  readonly cause: Cause
}

/** Pieces with a checksum wait in memory: so many at once, and each no longer than this. */
const inCheckTurn = createTurns({ parallelMax: 32, waitingMax: 1_000 })
const checkedPieceTimeoutMs = 60_000

/** The asset's own key, as of every upload. */
export const keyOf = ({ tenant }: { readonly tenant: string }, { uploadId }: UploadSession) =>
  blobKey(tenant, uploadId)

/** How much of an upload is kept. Of one whose stage was committed, all. */
export async function keptBytesOf(stage: Stage, { sizeBytes }: UploadSession): Promise<number> {
  try {
    return await stage.offsetBytes()
  } catch (error) {
    if (error instanceof StageMissing) return sizeBytes
    throw error
  }
}

/**
 * Keeps the bytes of a piece and resolves with how much is kept of the upload then. What arrived
 * before the connection broke is kept, too; of a piece with a checksum all or nothing. Throws
 * Rejection `upload-offset-mismatch`, `body-too-large`, `checksum-mismatch`, and what the first
 * bytes are to be refused with.
 */
export async function receivePiece(deps: ReceiveDeps, options: ReceiveOptions): Promise<number> {
  const { session, piece, lease, cause } = options
  const key = keyOf(cause, session)
  const stage = await deps.blobs.stage(key, { resumable: true })
  const keptBytes = await keptBytesOf(stage, session)
  if (piece.offsetBytes !== keptBytes) throw elsewhere(keptBytes)
  const bytesMax = session.sizeBytes - keptBytes
  if ((piece.lengthBytes ?? 0) > bytesMax) throw tooMuch(bytesMax)

  if (lease.isTakenOver) deps.seen.forget(key)
  const seen = lease.isTakenOver ? undefined : deps.seen.follow(key, keptBytes)
  const append = (source: AsyncIterable<Uint8Array>) =>
    appendTo(stage, keptBytes, judged(deps, options, source, seen), options)
  const source = within(piece.source, bytesMax, lease)
  const { checksum } = piece
  if (bytesMax === 0) {
    for await (const _nothing of source); // more than nothing is too much
    return keptBytes
  }
  if (!checksum) return await append(source)
  refuseUnchecked(piece.lengthBytes ?? 0)
  return await inCheckTurn(async () => append(asSource(await gather(source, checksum, options))))
}

async function appendTo(
  stage: Stage,
  offsetBytes: number,
  source: AsyncIterable<Uint8Array>,
  { lease, signal }: ReceiveOptions,
): Promise<number> {
  try {
    return await stage.append(offsetBytes, source, {
      signal: AbortSignal.any([signal, lease.signal]),
    })
  } catch (error) {
    if (error instanceof StageBusy) throw new Rejection('upload-locked', {}, { cause: error })
    if (error instanceof StageOffsetMismatch) throw elsewhere(error.offsetBytes)
    throw error
  }
}

async function* within(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
  lease: Lease,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of source) {
    lease.note()
    if ((bytes += chunk.length) > bytesMax) throw tooMuch(bytesMax)
    if (chunk.length > 0) yield chunk
  }
}

/** The bytes of a checked piece, once its checksum fits. */
async function gather(
  source: AsyncIterable<Uint8Array>,
  checksum: Checksum,
  { signal, lease }: ReceiveOptions,
): Promise<readonly Uint8Array[]> {
  const late = AbortSignal.timeout(checkedPieceTimeoutMs)
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of untilAborted(source, AbortSignal.any([signal, lease.signal, late]))) {
      refuseUnchecked((bytes += chunk.length))
      chunks.push(chunk)
    }
  } catch (error) {
    if (late.aborted) throw new Rejection('request-timeout', {}, { cause: error })
    throw error
  }
  demandChecksum(chunks, checksum)
  return chunks
}

async function* asSource(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** Takes note of what passes, and refuses what its first bytes show to be not allowed. */
async function* judged(
  deps: ReceiveDeps,
  options: ReceiveOptions,
  source: AsyncIterable<Uint8Array>,
  seen: SeenUpload | undefined,
): AsyncGenerator<Uint8Array> {
  const { sizeBytes } = options.session
  const isTold = () =>
    seen !== undefined && (seen.head.length >= headBytes || seen.offsetBytes === sizeBytes)
  for await (const chunk of source) {
    const wasTold = isTold()
    seen?.take(chunk)
    if (seen && !wasTold && isTold()) await judge(deps, options, seen.head)
    yield chunk
  }
}

async function judge(
  { storages, rules, limits }: ReceiveDeps,
  { session, cause }: ReceiveOptions,
  head: Buffer,
): Promise<void> {
  const { sizeBytes, projectId } = session
  const mediaType = mediaTypeOf(head)
  demandAllowed(rules, { projectId }, { mediaType, sizeBytes, file: 0 })
  const isImageOfLibrary = mediaType.startsWith('image/') && projectId === undefined
  if (!isImageOfLibrary) return // one of a project was counted when it was created
  await reserveFor({ storages, limits }, session, { images: 1 }, partOf(cause, 'image'))
}

function refuseUnchecked(bytes: number): void {
  if (bytes > checkedPieceBytesMax) throw tooMuch(checkedPieceBytesMax)
}

const tooMuch = (bytesMax: number) => new Rejection('body-too-large', { bytesMax })
const elsewhere = (offsetBytes: number) => new Rejection('upload-offset-mismatch', { offsetBytes })
