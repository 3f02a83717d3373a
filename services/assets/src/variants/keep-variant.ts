import { createHash } from 'node:crypto'
import { blobKey } from '@atrium/platform/blobs/port.ts'
import { writeBlob } from '@atrium/platform/blobs/write-blob.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { newId } from '@atrium/platform/identifier.ts'
import type { RenderedImage } from '../images/workshop.ts'
import { dropVariants, removeCondemned, type LetGoDeps } from '../let-go-of-blob.ts'
import { listDerived } from '../projections/library/query.ts'

export interface KeepVariantDeps extends LetGoDeps {
  readonly database: Database
  /** Of all derived pictures of one owner. What is more is made anew each time. */
  readonly derivedBytesMax: number
  /** Bytes that nothing holds for so long are removed. */
  readonly unsettledMs: number
}

export interface VariantOf {
  readonly tenant: string
  readonly ownerId: string
  readonly sha256: string
  /** Of the blob that it was made from. */
  readonly madeFrom: string
  readonly variant: string
}

/** Where derived pictures lie, below their tenant: whatever is there can be made again. */
const derivedSegment = 'derived'

export const isDerived = (key: string) => key.split('/')[1] === derivedSegment

/** One that is younger makes no room for another: so few events a day come of reading. */
const replacedAfterMs = 86_400_000

/** Looked at to make room: more than all pictures of the largest owner have. */
const derivedMax = 5_000

export const tagOf = ({ bytes }: Pick<RenderedImage, 'bytes'>) =>
  createHash('sha256').update(bytes).digest('hex')

/**
 * Keeps a derived picture for the next who asks: its bytes first, then the note of it beside those
 * that it was made from, which takes it along when they go. It is not kept where there is no room,
 * and where its source is gone meanwhile. Bytes that a process leaves that dies in between are
 * removed by the next proof.
 */
export async function keepVariant(
  deps: KeepVariantDeps,
  of: VariantOf,
  made: RenderedImage,
  cause: Cause,
): Promise<void> {
  const { blobAggregates, blobs, unsettledMs } = deps
  const { tenant, sha256, madeFrom, variant } = of
  const startedMs = Date.now()
  const replacesBefore = new Date(startedMs - replacedAfterMs).toISOString()
  if (!(await makeRoom(deps, of, made.bytes.length, replacesBefore, cause))) return

  const key = blobKey(tenant, derivedSegment, newId('var'))
  await writeBlob(blobs, key, [made.bytes])
  if (Date.now() - startedMs > unsettledMs / 2) return // a proof may be about to remove it
  const { state, events } = await blobAggregates.handle(
    sha256,
    {
      type: 'StoreVariant',
      sha256,
      variant,
      madeFrom,
      replacesBefore,
      key,
      tag: tagOf(made),
      mediaType: made.mediaType,
      sizeBytes: made.bytes.length,
      at: new Date().toISOString(),
    },
    partOf(cause, `keep ${key}`),
  )
  if (state.current?.variants.get(variant)?.key !== key) await blobs.remove(key)
  const dropped = events.flatMap(({ type, data }) => (type === 'VariantDropped' ? data.key : []))
  await removeCondemned(deps, sha256, dropped, partOf(cause, `instead of ${key}`))
}

/** Drops the oldest of the owner's until there is room. False where there is none. */
async function makeRoom(
  deps: KeepVariantDeps,
  { tenant, ownerId }: VariantOf,
  bytes: number,
  replacesBefore: string,
  cause: Cause,
): Promise<boolean> {
  const derived = await deps.database.forTenant(
    tenant,
    (client) => listDerived(client, { ownerId, limit: derivedMax }),
    { readOnly: true },
  )
  const used = derived.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  let tooMuch = used + bytes - deps.derivedBytesMax
  const old = derived.filter(({ storedAt }) => storedAt < replacesBefore)
  const leaving = old.filter(({ sizeBytes }) => {
    const isNeeded = tooMuch > 0
    if (isNeeded) tooMuch -= sizeBytes
    return isNeeded
  })
  if (tooMuch > 0) return false
  for (const { sha256, key } of leaving) {
    const dropped = { sha256, keys: [key], reason: 'room' } as const
    await dropVariants(deps, dropped, partOf(cause, `room ${key}`))
  }
  return true
}
