import type { BlobSource, BlobStore } from '@atrium/platform/blobs/port.ts'
import { newCommandId, newId } from '@atrium/platform/identifier.ts'
import { createLogger } from '@atrium/platform/telemetry/logger.ts'
import type { Blobs, Storages } from '../src/aggregates.ts'
import { collect } from '../src/collecting/collect.ts'
import { createUpload } from '../src/uploads/upload.ts'
import { causeIn, type AssetsContext } from './assets-context.ts'

/** What a life of a library goes through: what a process that dies would leave half done. */
export interface LifePorts {
  readonly storages: Storages
  readonly blobAggregates: Blobs
  readonly blobs: BlobStore
}

export const tenant = 'acme'
/** Longer than any test. */
export const variantsKeptMs = 86_400_000
const limits = { bytesMax: 2 ** 40, imagesMax: 1_000 }
const logger = createLogger({ name: 'test', level: 'silent' })

export const uploadDeps = (ports: LifePorts) => ({
  ...ports,
  inspect: async () => ({}),
  rules: { projectImageBytesMax: 1, imageBytesMax: 2 ** 40, fileBytesMax: 2 ** 40 },
  limits,
  unsettledMs: 3_600_000,
  logger,
})

/** Uploads all or none; resolves with the ids of the assets. */
export async function uploadFiles(
  ports: LifePorts,
  place: { readonly ownerId: string; readonly instanceId: string },
  sources: readonly BlobSource[],
): Promise<readonly string[]> {
  const upload = createUpload(uploadDeps(ports), {
    cause: causeIn(tenant),
    ownerId: place.ownerId,
    reservationId: newId('rsv'),
    signal: new AbortController().signal,
  })
  upload.place.instanceId = place.instanceId
  try {
    for (const source of sources) {
      await upload.receive({ assetId: newId('ast'), name: 'a', source, certainBytes: 0 })
    }
    return (await upload.finish()).assets.map(({ id }) => id)
  } catch (error) {
    await upload.abandon(error)
    throw error
  }
}

export async function provision({ storages }: Pick<LifePorts, 'storages'>) {
  const [ownerId, instanceId] = [newId('usr'), newId('ins')]
  const at = new Date().toISOString()
  const command = { type: 'ProvisionStorage', ownerId, instanceId, at } as const
  await storages.handle(ownerId, command, causeIn(tenant))
  return { ownerId, instanceId }
}

export async function deleteAsset({ storages }: LifePorts, ownerId: string, assetId: string) {
  const at = new Date().toISOString()
  const command = {
    type: 'DeleteAsset',
    ownerId,
    assetId,
    at,
    purgeAt: at,
    discard: false,
  } as const
  await storages.handle(ownerId, command, causeIn(tenant))
}

const large = () => Buffer.alloc(1_500_000, newCommandId())

/** Two uploads that share a content, one that goes again, and its collection. */
export async function live(
  ports: LifePorts,
  place: { readonly ownerId: string; readonly instanceId: string },
  { database, caughtUp }: Pick<AssetsContext, 'database' | 'caughtUp'>,
): Promise<void> {
  const shared = Buffer.from(newCommandId())
  const [first = ''] = await uploadFiles(ports, place, [[shared], [large()]])
  const [second = '', third = ''] = await uploadFiles(ports, place, [[shared], [large()]])
  await deleteAsset(ports, place.ownerId, first)
  await deleteAsset(ports, place.ownerId, third)
  await caughtUp()
  await collect({ ...ports, owner: database.owner, variantsKeptMs }, new Date().toISOString())
  await deleteAsset(ports, place.ownerId, second)
  await caughtUp()
  await collect({ ...ports, owner: database.owner, variantsKeptMs }, new Date().toISOString())
}
