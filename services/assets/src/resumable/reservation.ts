import type { Cause } from '@atrium/platform/decider/cause.ts'
import type { Storages } from '../aggregates.ts'
import type { StorageLimits } from '../storage.ts'
import { reservationMs } from '../uploads/space.ts'
import type { UploadSession } from '../upload-session.ts'

export interface ReservationDeps {
  readonly storages: Storages
  readonly limits: StorageLimits
}

type Reserved = Pick<
  UploadSession,
  'ownerId' | 'instanceId' | 'projectId' | 'reservationId' | 'sizeBytes' | 'expiresAt'
>

/** How long after its time an upload may still be finished: all of it may have come just before. */
const finishMs = 6 * 3_600_000

/**
 * Keeps room for an upload as long as it lives. Throws Rejection `upload-expired` where the room
 * was given up meanwhile, `quota-exceeded` where more of it is wanted than there is.
 */
export async function reserveFor(
  deps: ReservationDeps,
  session: Reserved,
  { images }: { readonly images: number },
  cause: Cause,
) {
  const lives = Math.max(Date.parse(session.expiresAt), Date.now()) + finishMs
  return await reserve(deps, session, { images, untilMs: lives, renews: true }, cause)
}

/**
 * The first one is short: a process that dies before the upload is created must not keep the room
 * from others for a day. Throws Rejection `not-found` for a place that is not there.
 */
export async function reserveFirst(
  deps: ReservationDeps,
  session: Reserved,
  { images }: { readonly images: number },
  cause: Cause,
) {
  const untilMs = Date.now() + reservationMs
  return await reserve(deps, session, { images, untilMs, renews: false }, cause)
}

async function reserve(
  { storages, limits }: ReservationDeps,
  { ownerId, instanceId, projectId, reservationId, sizeBytes }: Reserved,
  {
    images,
    untilMs,
    renews,
  }: { readonly images: number; readonly untilMs: number; readonly renews: boolean },
  cause: Cause,
) {
  const place = { instanceId, ...(projectId === undefined ? {} : { projectId }) }
  return await storages.handle(
    ownerId,
    {
      // An instance that is deleted while bytes come may be back before the last one.
      ...(renews ? { renews } : place),
      type: 'ReserveSpace',
      ownerId,
      reservationId,
      bytes: sizeBytes,
      images,
      at: new Date().toISOString(),
      expiresAt: new Date(untilMs).toISOString(),
      limits,
    },
    cause,
  )
}

export async function giveUpRoom(
  { storages }: Pick<ReservationDeps, 'storages'>,
  { ownerId, reservationId }: Pick<Reserved, 'ownerId' | 'reservationId'>,
  cause: Cause,
) {
  const at = new Date().toISOString()
  return await storages.handle(ownerId, { type: 'GiveUpSpace', ownerId, reservationId, at }, cause)
}
