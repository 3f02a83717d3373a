import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import { emptyMap, type PersistentMap } from './persistent-map.ts'

/** What an owner's instances hold, what uses it, and how much of the quota it takes. */
export interface StorageState {
  readonly instances: ReadonlyMap<string, InstanceStorage>
  readonly projects: PersistentMap<Project>
  readonly assets: PersistentMap<Asset>
  readonly reservations: ReadonlyMap<string, Reservation>
  /** Who names an asset, also one that does not exist yet: projects by asset. */
  readonly users: PersistentMap<readonly string[]>
  /** Of what is shown. What is hidden is trash and has no place in the quota. */
  readonly used: Usage
}

export type InstanceStorage =
  | { readonly status: 'active' }
  | { readonly status: 'deleted' }
  /** What it held goes at `purgeAt`; the id is never used again. */
  | { readonly status: 'purged'; readonly purgeAt: string }

export interface Project {
  readonly instanceId: string
  readonly isHidden: boolean
  /** By asset: whether the content names it, or it was only uploaded to the project. */
  readonly uses: ReadonlyMap<string, 'uploaded' | 'named'>
}

interface Stored {
  readonly instanceId: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly isImage: boolean
  readonly home: 'library' | 'project' | 'files'
}

/** One that was left unused is shown until it goes, one that was deleted is not. */
export type Asset = Stored &
  (
    | { readonly status: 'kept' }
    | { readonly status: 'unused'; readonly purgeAt: string }
    | { readonly status: 'deleted'; readonly purgeAt: string }
  )

export interface Reservation {
  readonly bytes: number
  readonly images: number
  readonly expiresAt: string
}

export interface Usage {
  readonly bytes: number
  readonly images: number
}

export const initialState: StorageState = {
  instances: new Map(),
  projects: emptyMap(),
  assets: emptyMap(),
  reservations: new Map(),
  users: emptyMap(),
  used: { bytes: 0, images: 0 },
}

/** The projects that use an asset. One of another instance that names it is no user. */
export function usersOf(state: StorageState, assetId: string): readonly string[] {
  const instanceId = state.assets.get(assetId)?.instanceId
  return (state.users.get(assetId) ?? []).filter(
    (projectId) => state.projects.get(projectId)?.instanceId === instanceId,
  )
}

/**
 * Whether the owner sees it. A project's asset is hidden with the last project that uses it; one
 * that none uses is only about to go.
 */
export function isShown(state: StorageState, assetId: string): boolean {
  const asset = state.assets.get(assetId)
  if (!asset || asset.status === 'deleted') return false
  if (state.instances.get(asset.instanceId)?.status !== 'active') return false
  if (asset.home !== 'project') return true
  const users = usersOf(state, assetId)
  return users.length === 0 || users.some((id) => state.projects.get(id)?.isHidden === false)
}

/** Whether it may be purged: its time has come, and nothing happened that would keep it. */
export function isDue(state: StorageState, assetId: string, at: string): boolean {
  const asset = state.assets.get(assetId)
  if (!asset) return false
  const instance = state.instances.get(asset.instanceId)
  if (instance?.status === 'purged') return isPast(instance.purgeAt, at)
  return asset.status !== 'kept' && isPast(asset.purgeAt, at)
}

export const isPast = (time: string, at: string) => Date.parse(time) <= Date.parse(at)

export function evolve(state: StorageState, event: StorageEvent): StorageState {
  switch (event.type) {
    case 'StorageProvisioned':
      return withInstance(state, event.data.instanceId, { status: 'active' })
    case 'StorageHidden':
      return withInstance(state, event.data.instanceId, { status: 'deleted' })
    case 'StorageShown':
      return withInstance(state, event.data.instanceId, { status: 'active' })
    case 'StorageReleased': {
      const { instanceId, purgeAt } = event.data
      return withInstance(state, instanceId, { status: 'purged', purgeAt })
    }
    case 'ProjectFollowed': {
      const { projectId, instanceId } = event.data
      return withProject(state, projectId, { instanceId, isHidden: false, uses: new Map() })
    }
    case 'ProjectUsesChanged':
      return usesChanged(state, event.data)
    case 'ProjectHidden':
      return withHidden(state, event.data.projectId, true)
    case 'ProjectShown':
      return withHidden(state, event.data.projectId, false)
    case 'ProjectReleased':
      return withoutProject(state, event.data.projectId)
    case 'SpaceReserved': {
      const { reservationId, bytes, images, expiresAt } = event.data
      const reservation = { bytes, images, expiresAt }
      return { ...state, reservations: new Map(state.reservations).set(reservationId, reservation) }
    }
    case 'SpaceReleased': {
      const reservations = new Map(state.reservations)
      reservations.delete(event.data.reservationId)
      return { ...state, reservations }
    }
    case 'AssetStored': {
      const { instanceId, sizeBytes, sha256, mediaType, home } = event.data
      const isImage = mediaType.startsWith('image/')
      const stored: Asset = { status: 'kept', instanceId, sizeBytes, sha256, isImage, home }
      return withAsset(state, event.data.assetId, stored)
    }
    case 'AssetDeleted':
      return withStatus(state, event, { status: 'deleted', purgeAt: event.data.purgeAt })
    case 'AssetLeftUnused':
      return withStatus(state, event, { status: 'unused', purgeAt: event.data.purgeAt })
    case 'AssetRestored':
      return withStatus(state, event, { status: 'kept' })
    case 'AssetUsedAgain':
      return withStatus(state, event, { status: 'kept' })
    case 'AssetLeftFiles': {
      const { assetId } = event.data
      const asset = state.assets.get(assetId)
      return asset ? withAsset(state, assetId, { ...asset, home: 'project' }) : state
    }
    case 'AssetPurged': {
      const { assetId } = event.data
      return recounted(state, { ...state, assets: state.assets.without(assetId) }, [assetId])
    }
  }
}

function withInstance(state: StorageState, id: string, instance: InstanceStorage): StorageState {
  const instances = new Map(state.instances).set(id, instance)
  const held = [...state.assets.entries()].filter(([, { instanceId }]) => instanceId === id)
  return recounted(
    state,
    { ...state, instances },
    held.map(([assetId]) => assetId),
  )
}

function withProject(state: StorageState, id: string, project: Project): StorageState {
  return { ...state, projects: state.projects.with(id, project) }
}

function withHidden(state: StorageState, id: string, isHidden: boolean): StorageState {
  const project = state.projects.get(id)
  if (!project) return state
  return recounted(state, withProject(state, id, { ...project, isHidden }), project.uses.keys())
}

function usesChanged(
  state: StorageState,
  change: Extract<StorageEvent, { type: 'ProjectUsesChanged' }>['data'],
): StorageState {
  const { projectId, uploaded = [], named = [], dropped = [] } = change
  const project = state.projects.get(projectId)
  if (!project) return state
  const uses = new Map(project.uses)
  for (const id of uploaded) if (!uses.has(id)) uses.set(id, 'uploaded')
  for (const id of named) uses.set(id, 'named')
  for (const id of dropped) uses.delete(id)
  let { users } = state
  for (const id of [...uploaded, ...named]) users = withUser(users, id, projectId)
  for (const id of dropped) users = withoutUser(users, id, projectId)
  const after = { ...withProject(state, projectId, { ...project, uses }), users }
  return recounted(state, after, [...uploaded, ...named, ...dropped])
}

function withoutProject(state: StorageState, id: string): StorageState {
  const assetIds = [...(state.projects.get(id)?.uses.keys() ?? [])]
  let { users } = state
  for (const assetId of assetIds) users = withoutUser(users, assetId, id)
  return recounted(state, { ...state, users, projects: state.projects.without(id) }, assetIds)
}

type Users = StorageState['users']

function withUser(users: Users, assetId: string, projectId: string): Users {
  const others = users.get(assetId) ?? []
  return others.includes(projectId) ? users : users.with(assetId, [...others, projectId])
}

function withoutUser(users: Users, assetId: string, projectId: string): Users {
  const others = (users.get(assetId) ?? []).filter((id) => id !== projectId)
  return others.length === 0 ? users.without(assetId) : users.with(assetId, others)
}

function withAsset(state: StorageState, id: string, asset: Asset): StorageState {
  return recounted(state, { ...state, assets: state.assets.with(id, asset) }, [id])
}

type Status =
  { readonly status: 'kept' } | { readonly status: 'unused' | 'deleted'; readonly purgeAt: string }

function withStatus(
  state: StorageState,
  { data: { assetId } }: { readonly data: { readonly assetId: string } },
  status: Status,
): StorageState {
  const asset = state.assets.get(assetId)
  if (!asset) return state
  const { instanceId, sizeBytes, sha256, isImage, home } = asset
  return withAsset(state, assetId, { instanceId, sizeBytes, sha256, isImage, home, ...status })
}

/** With the use told anew for the assets that a change may have shown or hidden. */
function recounted(
  before: StorageState,
  after: StorageState,
  assetIds: Iterable<string>,
): StorageState {
  let { bytes, images } = before.used
  for (const id of new Set(assetIds)) {
    const [was, is] = [weightOf(before, id), weightOf(after, id)]
    bytes += is.bytes - was.bytes
    images += is.images - was.images
  }
  return { ...after, used: { bytes, images } }
}

function weightOf(state: StorageState, assetId: string): Usage {
  const asset = state.assets.get(assetId)
  if (!asset || !isShown(state, assetId)) return { bytes: 0, images: 0 }
  return { bytes: asset.sizeBytes, images: asset.isImage ? 1 : 0 }
}
