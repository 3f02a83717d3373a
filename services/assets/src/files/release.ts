import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import type { Storages, Trees } from '../aggregates.ts'

export interface ReleaseDeps {
  readonly storages: Storages
  readonly trees: Trees
  /** How long the bytes of a deleted asset are kept. */
  readonly graceMs: number
}

export interface Released {
  readonly instanceId: string
  readonly ownerId: string
  readonly assetIds: readonly string[]
}

/** Told to the storage in one command. */
const assetsAtOnce = 500

/**
 * Tells the storage of assets that are in no file any more, and then the tree that it was told.
 * Says the same again without harm: whoever dies in between is followed by the timer.
 */
export async function releaseAssets(
  { storages, trees, graceMs }: ReleaseDeps,
  { instanceId, ownerId, assetIds }: Released,
  cause: Cause,
): Promise<void> {
  for (let from = 0; from < assetIds.length; from += assetsAtOnce) {
    const some = assetIds.slice(from, from + assetsAtOnce)
    const nowMs = Date.now()
    const at = new Date(nowMs).toISOString()
    const purgeAt = new Date(nowMs + graceMs).toISOString()
    await storages.handle(
      ownerId,
      { type: 'LetGoOfFiles', ownerId, assetIds: some, at, purgeAt },
      partOf(cause, `let go ${from}`),
    )
    await trees.handle(
      instanceId,
      { type: 'NoteAssetsReleased', instanceId, ownerId, assetIds: some, at },
      partOf(cause, `released ${from}`),
    )
  }
}
