import type { StorageEvent } from '@atrium/contracts/assets/storage-events.ts'
import { usersOf, type StorageState } from './storage-state.ts'

interface Command {
  readonly projectId: string
  readonly instanceId: string
  readonly ownerId: string
  readonly at: string
}

/** The project was created, or its content changed: it names some assets, and others no more. */
export interface ChangeUses extends Command {
  readonly type: 'ChangeUses'
  readonly named: readonly string[]
  readonly dropped: readonly string[]
  /** When an asset goes that nothing holds any more then. */
  readonly purgeAt: string
}

/** To show is never refused, also on a full quota: the project is back already. */
export interface ProjectCommand extends Command {
  readonly type: 'HideProject' | 'ShowProject'
}

/**
 * Deletes what only the project used. At most `releasedMax` assets at a time: to be said again, as
 * another command, until the project is gone.
 */
export interface ReleaseProject extends Command {
  readonly type: 'ReleaseProject'
  readonly purgeAt: string
}

/** One append carries this many events with ease. */
export const releasedMax = 500

export function changeUses(command: ChangeUses, state: StorageState): StorageEvent[] {
  const { projectId, instanceId, ownerId, at } = command
  if (state.instances.get(instanceId)?.status === 'purged') return []
  const project = state.projects.get(projectId)
  const uses = project?.uses
  const named = unique(command.named).filter((id) => uses?.get(id) !== 'named')
  const dropped = unique(command.dropped).filter(
    (id) => uses?.has(id) && !command.named.includes(id),
  )
  const which = { projectId, instanceId, ownerId }
  const events: StorageEvent[] = []
  if (!project) events.push({ type: 'ProjectFollowed', data: { ...which, followedAt: at } })
  if (named.length + dropped.length > 0) {
    const change = {
      ...(named.length > 0 ? { named } : {}),
      ...(dropped.length > 0 ? { dropped } : {}),
    }
    events.push({ type: 'ProjectUsesChanged', data: { ...which, ...change, changedAt: at } })
  }
  for (const id of named) events.push(...usedAgain(id, command, state))
  for (const id of dropped) {
    if (isHeldOnlyBy(projectId, id, state)) events.push(leftUnused(id, command))
  }
  return events
}

export function setProjectHidden(command: ProjectCommand, state: StorageState): StorageEvent[] {
  const { projectId, instanceId, ownerId, at } = command
  const isHidden = command.type === 'HideProject'
  const project = state.projects.get(projectId)
  if (!project || project.isHidden === isHidden) return []
  const which = { projectId, instanceId, ownerId }
  return isHidden
    ? [{ type: 'ProjectHidden', data: { ...which, hiddenAt: at } }]
    : [{ type: 'ProjectShown', data: { ...which, shownAt: at } }]
}

export function releaseProject(command: ReleaseProject, state: StorageState): StorageEvent[] {
  const { projectId, instanceId, ownerId, at, purgeAt } = command
  const project = state.projects.get(projectId)
  if (!project) return []
  const used = [...project.uses.keys()]
  const now = used.slice(0, releasedMax)
  const deleted = now
    .filter((id) => isHeldOnlyBy(projectId, id, state))
    .map((assetId): StorageEvent => {
      const data = { assetId, instanceId, ownerId, deletedAt: at, purgeAt }
      return { type: 'AssetDeleted', data }
    })
  const which = { projectId, instanceId, ownerId }
  const rest: StorageEvent =
    used.length > now.length
      ? { type: 'ProjectUsesChanged', data: { ...which, dropped: now, changedAt: at } }
      : { type: 'ProjectReleased', data: { ...which, releasedAt: at } }
  return [...deleted, rest]
}

/** A project's asset that no other project uses, and that is not on its way out already. */
function isHeldOnlyBy(projectId: string, assetId: string, state: StorageState): boolean {
  const asset = state.assets.get(assetId)
  const users = usersOf(state, assetId)
  return (
    asset?.home === 'project' &&
    asset.status === 'kept' &&
    users.length === 1 &&
    users[0] === projectId
  )
}

function usedAgain(assetId: string, command: ChangeUses, state: StorageState): StorageEvent[] {
  const { instanceId, ownerId, at } = command
  const asset = state.assets.get(assetId)
  if (asset?.instanceId !== instanceId) return []
  const which = { assetId, instanceId, ownerId }
  switch (asset.status) {
    case 'kept':
      return []
    case 'unused':
      return [{ type: 'AssetUsedAgain', data: { ...which, usedAt: at } }]
    case 'deleted': {
      const restored = { type: 'AssetRestored', data: { ...which, restoredAt: at } } as const
      if (asset.home !== 'files') return [restored]
      // It was deleted with its file, which does not come back.
      return [restored, { type: 'AssetLeftFiles', data: { ...which, leftAt: at } }]
    }
  }
}

function leftUnused(assetId: string, command: ChangeUses): StorageEvent {
  const { instanceId, ownerId, at, purgeAt } = command
  const data = { assetId, instanceId, ownerId, leftAt: at, purgeAt }
  return { type: 'AssetLeftUnused', data }
}

const unique = (ids: readonly string[]) => [...new Set(ids)]
