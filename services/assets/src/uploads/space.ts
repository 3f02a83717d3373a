import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Storages } from '../aggregates.ts'
import type { Place, StorageLimits } from '../storage.ts'

export interface SpaceOptions {
  readonly storages: Storages
  readonly cause: Cause
  readonly ownerId: string
  readonly reservationId: string
  readonly limits: StorageLimits
}

export interface Wanted {
  readonly place: Partial<Place>
  /** What has arrived, in all. */
  readonly bytes: number
  readonly images: number
  /** What is certain to come, in all; 0 where nothing is known of it. */
  readonly certainBytes: number
}

/** The room that one upload has reserved in its owner's quota. */
export interface Space {
  /** Has room for so much in all, before it is stored. Throws Rejection `quota-exceeded`. */
  grow(wanted: Wanted): Promise<void>
  /** Lets go of it. */
  giveUp(): Promise<void>
}

/** A reservation lasts so long; an upload that takes longer renews it. */
export const reservationMs = 15 * 60_000

/** Renewed when so little of it is left. */
const renewBeforeMs = 5 * 60_000

/**
 * Reserves what has arrived, and what is certain to come: never more than the upload will take, so
 * that no other one is refused for room that stays free. Where nothing is known of what comes, it
 * reserves as much again as has come, and only what has come where that is refused.
 */
export function createSpace(options: SpaceOptions): Space {
  const { storages, cause, ownerId, reservationId, limits } = options
  let reserved = { bytes: 0, images: 0, untilMs: 0 }
  let count = 0
  /** Nothing beyond the first bytes: most files have no more. */
  const guessed = (bytes: number) => (count === 0 ? bytes : bytes * 2)

  async function reserve(place: Partial<Place>, bytes: number, images: number) {
    const now = Date.now()
    const untilMs = now + reservationMs
    count += 1
    await storages.handle(
      ownerId,
      {
        ...place,
        type: 'ReserveSpace',
        ownerId,
        reservationId,
        bytes,
        images,
        at: new Date(now).toISOString(),
        expiresAt: new Date(untilMs).toISOString(),
        limits,
      },
      partOf(cause, `reserve ${count}`),
    )
    reserved = { bytes, images, untilMs }
  }

  return {
    async grow({ place, bytes, images, certainBytes }) {
      const isEnough = bytes <= reserved.bytes && images <= reserved.images
      if (isEnough && reserved.untilMs - Date.now() > renewBeforeMs) return
      const certain = Math.max(bytes, reserved.bytes, certainBytes)
      const generous = certainBytes === 0 && bytes > reserved.bytes ? guessed(bytes) : certain
      try {
        await reserve(place, generous, images)
      } catch (error) {
        const isFull = error instanceof Rejection && error.code === 'quota-exceeded'
        if (!isFull || generous === certain) throw error
        await reserve(place, certain, images)
      }
    },

    async giveUp() {
      if (count === 0) return
      await storages.handle(
        ownerId,
        { type: 'GiveUpSpace', ownerId, reservationId, at: new Date().toISOString() },
        partOf(cause, 'give up'),
      )
    },
  }
}
