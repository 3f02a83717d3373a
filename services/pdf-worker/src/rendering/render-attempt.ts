import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { blobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import type { Pool } from '../isolation/pool.ts'
import type { TaskLimits, TaskOutcome } from '../isolation/protocol.ts'
import { isPdfValue, isRefusal, type PdfTask, type PdfValue, type Refusal } from './task.ts'

/** Where a PDF lies in the blob store. */
export const resultKey = (tenant: string, resultId: string) => blobKey(tenant, resultId)

/** What became of one attempt. Only a rendered PDF leaves bytes in the store. */
export type AttemptOutcome =
  | (PdfValue & {
      readonly status: 'rendered'
      readonly sizeBytes: number
      readonly sha256: string
    })
  | (Refusal & { readonly status: 'refused' })
  | Extract<TaskOutcome, { status: 'limit' | 'crashed' | 'aborted' }>

export interface AttemptOptions {
  readonly tenant: string
  readonly resultId: string
  readonly task: PdfTask
  readonly limits: TaskLimits
  readonly onProgress: (page: number, pages: number) => void
  readonly signal: AbortSignal
}

/**
 * Renders once, in a process of its own, and stores what came out: the bytes are laid down as they
 * come and become visible when the render says that they are whole. Throws what the store throws.
 */
export async function renderAttempt(
  { pool, blobs }: { readonly pool: Pool; readonly blobs: BlobStore },
  options: AttemptOptions,
): Promise<AttemptOutcome> {
  const { tenant, resultId, task, limits, onProgress, signal } = options
  const stage = await blobs.stage(resultKey(tenant, resultId))
  const hash = createHash('sha256')
  let whole = false
  try {
    const outcome = await pool.run(tenant, {
      task,
      limits,
      onProgress,
      signal,
      consume: async (output) => void (await stage.append(0, hashed(output, hash))),
    })
    if (outcome.status === 'refused') return refusedFor(outcome.reason)
    if (outcome.status !== 'done') return outcome
    if (!isPdfValue(outcome.value)) return { status: 'crashed', cause: 'an answer without shape' }
    await stage.commit()
    whole = true
    const { sizeBytes } = outcome
    return { status: 'rendered', ...outcome.value, sizeBytes, sha256: hash.digest('hex') }
  } finally {
    if (!whole) await stage.abort().catch(() => undefined) // the store's proof finds what is left
  }
}

async function* hashed(output: Readable, hash: ReturnType<typeof createHash>) {
  for await (const chunk of output as AsyncIterable<Buffer>) {
    hash.update(chunk)
    yield chunk
  }
}

const refusedFor = (reason: unknown): AttemptOutcome =>
  isRefusal(reason)
    ? { status: 'refused', ...reason }
    : { status: 'crashed', cause: 'a refusal without shape' }
