import type { BlobStore } from '@atrium/platform/blobs/port.ts'
import { newId } from '@atrium/platform/identifier.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import type { Pool } from 'pg'
import type { Uploads } from '../src/aggregates.ts'
import { sweepUploads } from '../src/collecting/sweep-uploads.ts'
import { createUploadLeases, type LeaseTimes } from '../src/resumable/leases.ts'
import {
  createUpload,
  receive,
  type Progress,
  type ResumableDeps,
} from '../src/resumable/resumable-uploads.ts'
import { createSeenUploads } from '../src/resumable/seen-uploads.ts'
import { aggregatesOf, causeIn } from './assets-context.ts'
import { tenant, uploadDeps, type LifePorts } from './library-life.ts'

export interface ResumablePorts extends LifePorts {
  readonly uploads: Uploads
  readonly owner: Pick<Pool, 'query'>
}

/** Leases that end soon after their process, so that a test need not wait for them. */
export const quickLeases: Partial<LeaseTimes> = {
  leaseMs: 600,
  renewEveryMs: 100,
  waitMs: 5_000,
  lookEveryMs: 20,
  quietMs: 200,
}

/** What a process has that starts now: it knows nothing of what others did. */
export function startProcess(
  ports: ResumablePorts,
  times: Partial<LeaseTimes> = quickLeases,
): ResumableDeps {
  const deps = uploadDeps(ports)
  return {
    ...deps,
    uploads: ports.uploads,
    seen: createSeenUploads(),
    leases: createUploadLeases({ owner: ports.owner, logger: deps.logger, times }),
    lifetimeMs: 3_600_000,
  }
}

export function portsOf(context: {
  readonly store: EventStore
  readonly blobs: BlobStore
  readonly database: { readonly owner: Pool }
}) {
  const { store, blobs, database } = context
  return { ...aggregatesOf(store), blobs, owner: database.owner }
}

export interface Owned {
  readonly ownerId: string
  readonly instanceId: string
}

export const askingOf = ({ ownerId }: Pick<Owned, 'ownerId'>) => ({
  ownerId,
  cause: causeIn(tenant),
})

/** Resolves with its id. */
export async function begin(deps: ResumableDeps, owned: Owned, sizeBytes: number): Promise<string> {
  const uploadId = newId('ast')
  await createUpload(deps, askingOf(owned), {
    uploadId,
    reservationId: newId('rsv'),
    sizeBytes,
    metadata: { instanceId: owned.instanceId, filename: 'a.bin' },
    metadataText: undefined,
    at: new Date().toISOString(),
  })
  return uploadId
}

type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** Copies: whoever takes a chunk takes it as its own. */
export async function* piecesOf(source: Source): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) yield Buffer.from(chunk)
}

export const send = (
  deps: ResumableDeps,
  owned: Pick<Owned, 'ownerId'>,
  piece: { uploadId: string; offsetBytes: number; source: Source },
): Promise<Progress> =>
  receive(deps, askingOf(owned), {
    uploadId: piece.uploadId,
    piece: {
      offsetBytes: piece.offsetBytes,
      source: piecesOf(piece.source),
      lengthBytes: undefined,
      checksum: undefined,
    },
    signal: new AbortController().signal,
  })

/** One round of the collector, as of a time. */
export const sweep = (deps: ResumableDeps, owner: Pool, at = new Date().toISOString()) =>
  sweepUploads({ ...deps, owner, settlingMs: 0 }, at)

export function chunksOf(bytes: Buffer, size = 65_536): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}
