import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import type { Storages, Uploads } from '../aggregates.ts'
import { letGoOfBytes, type KeepDeps } from '../uploads/keep-bytes.ts'
import { keyOf } from './receive-piece.ts'
import { giveUpRoom } from './reservation.ts'
import type { SeenUploads } from './seen-uploads.ts'

export interface ClearDeps extends KeepDeps {
  readonly storages: Storages
  readonly uploads: Uploads
  readonly seen: SeenUploads
}

/**
 * Removes what is left of an upload that ended without an asset: its room, its stage, its bytes,
 * its hold. Each step can be repeated; when nothing is left, that is noted. Does nothing for one
 * that has not ended. Who calls it has the lease, so that nobody writes to the stage meanwhile.
 */
export async function clearUpload(deps: ClearDeps, uploadId: string, cause: Cause): Promise<void> {
  const { uploads, blobs, seen } = deps
  const { state: session } = await uploads.load(cause.tenant, uploadId)
  if (session.status !== 'ended' || session.isCleared) return
  const key = keyOf(cause, session)
  await giveUpRoom(deps, session, partOf(cause, 'clear room'))
  const stage = await blobs.stage(key, { resumable: true })
  await stage.abort()
  const { content } = session
  if (content) {
    const kept = { assetId: uploadId, sha256: content.sha256, content: { key } }
    await letGoOfBytes(deps, kept, partOf(cause, 'clear bytes'))
  } else {
    await blobs.remove(key)
  }
  seen.forget(key)
  const command = { type: 'ClearUpload', at: new Date().toISOString() } as const
  await uploads.handle(uploadId, command, partOf(cause, 'cleared'))
}
