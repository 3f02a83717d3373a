import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import {
  evolve,
  initialState,
  isDue,
  isPast,
  isShown,
  usersOf,
  type Asset,
  type StorageState,
} from './storage-state.ts'
import {
  changeUses,
  releaseProject,
  setProjectHidden,
  type ChangeUses,
  type ProjectCommand,
  type ReleaseProject,
} from './storage-uses.ts'

/*
 * What an owner's instances hold. One stream per owner, because the quota holds over all of them,
 * and because what goes with a project or an instance is exact only where its uses are decided too.
 */

export type StorageCommand =
  | ProvisionStorage
  | HideStorage
  | ShowStorage
  | ReleaseStorage
  | ChangeUses
  | ProjectCommand
  | ReleaseProject
  | ReserveSpace
  | GiveUpSpace
  | ExpireSpace
  | StoreAssets
  | DeleteAsset
  | LetGoOfFiles
  | CollectAssets

interface Command {
  readonly ownerId: string
  readonly at: string
}

interface InstanceCommand extends Command {
  readonly instanceId: string
}

export interface ProvisionStorage extends InstanceCommand {
  readonly type: 'ProvisionStorage'
}

export interface HideStorage extends InstanceCommand {
  readonly type: 'HideStorage'
}

/** Never refused, also on a full quota: the instance is back already. */
export interface ShowStorage extends InstanceCommand {
  readonly type: 'ShowStorage'
}

export interface ReleaseStorage extends InstanceCommand {
  readonly type: 'ReleaseStorage'
  readonly purgeAt: string
}

/** Where an upload goes. A form may say it only behind its files. */
export interface Place {
  readonly instanceId: string
  readonly projectId?: string
}

export interface StorageLimits {
  readonly bytesMax: number
  readonly imagesMax: number
}

/**
 * Keeps room for an upload before its bytes are stored. Said again with other figures it replaces
 * what was reserved; refused then, it leaves that as it was.
 */
export interface ReserveSpace extends Command, Partial<Place> {
  readonly type: 'ReserveSpace'
  readonly reservationId: string
  readonly bytes: number
  readonly images: number
  readonly expiresAt: string
  readonly limits: StorageLimits
  /** Only where it is reserved already: what was released is final. Else `upload-expired`. */
  readonly renews?: boolean
}

/** The upload failed or was ended. */
export interface GiveUpSpace extends Command {
  readonly type: 'GiveUpSpace'
  readonly reservationId: string
}

/** Does nothing where the reservation was prolonged in the meantime. */
export interface ExpireSpace extends Command {
  readonly type: 'ExpireSpace'
  readonly reservationId: string
}

/**
 * All of an upload's assets or none. Refused without the reservation: whoever took that away may
 * have let go of the bytes.
 */
export interface StoreAssets extends Command, Place {
  readonly type: 'StoreAssets'
  readonly reservationId: string
  readonly home: Asset['home']
  readonly assets: readonly NewAsset[]
  readonly limits: StorageLimits
}

export interface NewAsset {
  readonly assetId: string
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly width?: number
  readonly height?: number
}

export interface DeleteAsset extends Command {
  readonly type: 'DeleteAsset'
  readonly assetId: string
  readonly purgeAt: string
  /** Also where a project has it, as long as no content names it: it was only uploaded there. */
  readonly discard: boolean
}

/** Deletes assets that are in no file any more. Those that a project names become projects’. */
export interface LetGoOfFiles extends Command {
  readonly type: 'LetGoOfFiles'
  readonly assetIds: readonly string[]
  readonly purgeAt: string
}

/** Purges those whose time has come; the others stay. */
export interface CollectAssets extends Command {
  readonly type: 'CollectAssets'
  readonly assetIds: readonly string[]
}

export const storage: Decider<StorageState, StorageCommand, StorageEvent> = {
  initialState,
  decide,
  evolve,
}

function decide(command: StorageCommand, state: StorageState): readonly StorageEvent[] {
  switch (command.type) {
    case 'ProvisionStorage':
      return provision(command, state)
    case 'HideStorage':
      return hide(command, state)
    case 'ShowStorage':
      return show(command, state)
    case 'ReleaseStorage':
      return release(command, state)
    case 'ChangeUses':
      return changeUses(command, state)
    case 'HideProject':
    case 'ShowProject':
      return setProjectHidden(command, state)
    case 'ReleaseProject':
      return releaseProject(command, state)
    case 'ReserveSpace':
      return reserve(command, state)
    case 'GiveUpSpace':
      return letGo(command, 'given-up', state)
    case 'ExpireSpace':
      return expire(command, state)
    case 'StoreAssets':
      return store(command, state)
    case 'DeleteAsset':
      return remove(command, state)
    case 'LetGoOfFiles':
      return letGoOfFiles(command, state)
    case 'CollectAssets':
      return collect(command, state)
  }
}

function provision(command: ProvisionStorage, { instances }: StorageState): StorageEvent[] {
  const { instanceId, ownerId, at } = command
  if (instances.has(instanceId)) return []
  return [{ type: 'StorageProvisioned', data: { instanceId, ownerId, provisionedAt: at } }]
}

function hide(command: HideStorage, { instances }: StorageState): StorageEvent[] {
  const { instanceId, ownerId, at } = command
  if (instances.get(instanceId)?.status !== 'active') return []
  return [{ type: 'StorageHidden', data: { instanceId, ownerId, hiddenAt: at } }]
}

function show(command: ShowStorage, { instances }: StorageState): StorageEvent[] {
  const { instanceId, ownerId, at } = command
  if (instances.get(instanceId)?.status !== 'deleted') return []
  return [{ type: 'StorageShown', data: { instanceId, ownerId, shownAt: at } }]
}

/** Also of an instance that was never heard of, so that nothing late can bring it to life. */
function release(command: ReleaseStorage, { instances }: StorageState): StorageEvent[] {
  const { instanceId, ownerId, at, purgeAt } = command
  if (instances.get(instanceId)?.status === 'purged') return []
  return [{ type: 'StorageReleased', data: { instanceId, ownerId, releasedAt: at, purgeAt } }]
}

function reserve(command: ReserveSpace, state: StorageState): StorageEvent[] {
  const { reservationId, instanceId, projectId, ownerId, bytes, images, at, expiresAt } = command
  if (command.renews && !state.reservations.has(reservationId)) {
    throw new Rejection('upload-expired')
  }
  if (instanceId !== undefined) {
    demandPlace({ instanceId, ...(projectId === undefined ? {} : { projectId }) }, state)
  }
  demandRoom(command, { bytes, images }, state)
  return [
    {
      type: 'SpaceReserved',
      data: { reservationId, ownerId, bytes, images, reservedAt: at, expiresAt },
    },
  ]
}

function letGo(
  command: Command & { readonly reservationId: string },
  reason: 'given-up' | 'expired' | 'stored',
  { reservations }: StorageState,
): StorageEvent[] {
  const { reservationId, ownerId, at } = command
  if (!reservations.has(reservationId)) return []
  return [{ type: 'SpaceReleased', data: { reservationId, ownerId, reason, releasedAt: at } }]
}

function expire(command: ExpireSpace, state: StorageState): StorageEvent[] {
  const reservation = state.reservations.get(command.reservationId)
  if (!reservation || !isPast(reservation.expiresAt, command.at)) return []
  return letGo(command, 'expired', state)
}

function store(command: StoreAssets, state: StorageState): StorageEvent[] {
  const { instanceId, ownerId, projectId, assets, home, at } = command
  const reservation = state.reservations.get(command.reservationId)
  if (!reservation) throw new Rejection('upload-expired')
  demandPlace(command, state)
  const bytes = assets.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const images = assets.filter(({ mediaType }) => mediaType.startsWith('image/')).length
  const isPromised =
    bytes <= reservation.bytes && images <= reservation.images && !isPast(reservation.expiresAt, at)
  if (!isPromised) demandRoom(command, { bytes, images }, state)
  const uploaded = assets.map(({ assetId }) => assetId)
  return [
    ...letGo(command, 'stored', state),
    ...(projectId === undefined
      ? []
      : [
          {
            type: 'ProjectUsesChanged',
            data: { projectId, instanceId, ownerId, uploaded, changedAt: at },
          } as const,
        ]),
    ...assets.map((asset): StorageEvent => {
      const { assetId, name, mediaType, sizeBytes, sha256, width, height } = asset
      return {
        type: 'AssetStored',
        data: {
          assetId,
          instanceId,
          ownerId,
          name,
          mediaType,
          sizeBytes,
          sha256,
          ...(width === undefined ? {} : { width }),
          ...(height === undefined ? {} : { height }),
          home,
          storedAt: at,
        },
      }
    }),
  ]
}

function remove(command: DeleteAsset, state: StorageState): StorageEvent[] {
  const { assetId, ownerId, at, purgeAt, discard } = command
  const asset = state.assets.get(assetId)
  if (!asset || !isShown(state, assetId)) throw new Rejection('not-found')
  const users = usersOf(state, assetId).filter(
    (id) => !discard || state.projects.get(id)?.uses.get(assetId) === 'named',
  )
  const isInFile = asset.home === 'files' && asset.status === 'kept'
  if (users.length > 0 || isInFile) {
    throw new Rejection('asset-in-use', { projectIds: users, isInFile })
  }
  const { instanceId } = asset
  return [{ type: 'AssetDeleted', data: { assetId, instanceId, ownerId, deletedAt: at, purgeAt } }]
}

function letGoOfFiles(command: LetGoOfFiles, state: StorageState): StorageEvent[] {
  const { ownerId, at, purgeAt } = command
  return [...new Set(command.assetIds)].flatMap((assetId): StorageEvent[] => {
    const asset = state.assets.get(assetId)
    if (asset?.home !== 'files' || asset.status !== 'kept') return []
    const which = { assetId, instanceId: asset.instanceId, ownerId }
    return usersOf(state, assetId).length > 0
      ? [{ type: 'AssetLeftFiles', data: { ...which, leftAt: at } }]
      : [{ type: 'AssetDeleted', data: { ...which, deletedAt: at, purgeAt } }]
  })
}

function collect({ assetIds, ownerId, at }: CollectAssets, state: StorageState): StorageEvent[] {
  return [...new Set(assetIds)].flatMap((assetId): StorageEvent[] => {
    const asset = state.assets.get(assetId)
    if (!asset || !isDue(state, assetId, at)) return []
    const { instanceId, sha256 } = asset
    return [{ type: 'AssetPurged', data: { assetId, instanceId, ownerId, sha256, purgedAt: at } }]
  })
}

/**
 * Throws Rejection `not-found` unless the instance, and the project if one is named, are there for
 * the owner to put something in.
 */
export function demandPlace(
  { instanceId, projectId }: Place,
  { instances, projects }: StorageState,
): void {
  if (instances.get(instanceId)?.status !== 'active') throw new Rejection('not-found')
  if (projectId === undefined) return
  const project = projects.get(projectId)
  if (project?.instanceId !== instanceId || project.isHidden) throw new Rejection('not-found')
}

/** Beside what is shown and what others have reserved. */
function demandRoom(
  { reservationId, limits, at }: ReserveSpace | StoreAssets,
  wanted: { readonly bytes: number; readonly images: number },
  { used, reservations }: StorageState,
) {
  const others = [...reservations].filter(
    ([id, { expiresAt }]) => id !== reservationId && !isPast(expiresAt, at),
  )
  const taken = (kind: 'bytes' | 'images') =>
    others.reduce((sum, [, reservation]) => sum + reservation[kind], used[kind])
  const quotas = [
    ['storage-bytes', taken('bytes'), wanted.bytes, limits.bytesMax],
    ['images', taken('images'), wanted.images, limits.imagesMax],
  ] as const
  for (const [quota, usedNow, more, limit] of quotas) {
    if (more > 0 && usedNow + more > limit) {
      throw new Rejection('quota-exceeded', { quota, limit, used: usedNow })
    }
  }
}
