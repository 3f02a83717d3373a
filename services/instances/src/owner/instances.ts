import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import { comparableName } from '@atrium/platform/readable-name.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { nameFrom } from '../name.ts'
import { demandRoomForProjects } from './project-places.ts'
import {
  activeInstance,
  activeInstances,
  type Command,
  type Instance,
  type OwnerState,
} from './state.ts'

/* What an owner may do with instances. */

export type InstanceCommand =
  | CreateInstance
  | ProvisionPersonalWorkspace
  | ReviseInstance
  | RecordAccess
  | DeleteInstance
  | RestoreInstance
  | PurgeInstance

export interface CreateInstance extends Command {
  readonly type: 'CreateInstance'
  readonly name: string
  readonly description?: string
  readonly instancesMax: number
}

/**
 * What every person gets at sign-up, also one who was quick to create another before it came; that
 * one stays the default then. Does nothing where it, or one of its name, is there already.
 */
export interface ProvisionPersonalWorkspace extends Command {
  readonly type: 'ProvisionPersonalWorkspace'
}

/** Renames, describes and makes default in one step: all or nothing. */
export interface ReviseInstance extends Command {
  readonly type: 'ReviseInstance'
  readonly name?: string
  readonly description?: string | null
  readonly isDefault?: true
  readonly expectedVersion: number | undefined
}

export interface RecordAccess extends Command {
  readonly type: 'RecordAccess'
}

export interface DeleteInstance extends Command {
  readonly type: 'DeleteInstance'
  readonly purgeAt: string
  /** For good, at once, also when it is deleted already. */
  readonly purge: boolean
  readonly expectedVersion: number | undefined
}

export interface RestoreInstance extends Command {
  readonly type: 'RestoreInstance'
  readonly instancesMax: number
  /** For the projects that come back with it. */
  readonly projectsMax: number
  readonly expectedVersion: number | undefined
}

/**
 * The retention has passed: does nothing where the instance was restored in the meantime. Where the
 * tenant is closed, whatever the instance is.
 */
export interface PurgeInstance extends Command {
  readonly type: 'PurgeInstance'
  readonly isTenantClosed: boolean
}

export const personalWorkspaceName = 'Personal Workspace'

export function createInstance(
  command: CreateInstance,
  state: OwnerState,
): readonly InstanceEvent[] {
  const { ownerId, instanceId, at } = command
  const name = nameFrom(command.name)
  if (state.isClosed) throw new Rejection('not-found')
  demandRoom(command.instancesMax, state)
  demandFreeName(name, instanceId, state)
  const { description } = command
  return [
    {
      type: 'InstanceCreated',
      data: {
        instanceId,
        ownerId,
        name,
        ...(description ? { description } : {}),
        createdAt: at,
      },
    },
    ...defaultMovedTo(state.defaultId ?? instanceId, command, state),
  ]
}

export function provisionPersonalWorkspace(
  command: ProvisionPersonalWorkspace,
  state: OwnerState,
): readonly InstanceEvent[] {
  const { ownerId, instanceId, at } = command
  const isTaken = isNameTaken(personalWorkspaceName, instanceId, state)
  if (state.isClosed || isTaken || state.instances.has(instanceId)) return []
  return [
    {
      type: 'InstanceCreated',
      data: { instanceId, ownerId, name: personalWorkspaceName, createdAt: at },
    },
    ...defaultMovedTo(state.defaultId ?? instanceId, command, state),
  ]
}

export function reviseInstance(
  command: ReviseInstance,
  state: OwnerState,
): readonly InstanceEvent[] {
  const { ownerId, instanceId, at } = command
  const instance = activeInstance(command, state)
  demandVersion(command.expectedVersion, instance)
  const events: InstanceEvent[] = []
  if (command.name !== undefined) {
    const name = nameFrom(command.name)
    demandFreeName(name, instanceId, state)
    if (name !== instance.name) {
      events.push({ type: 'InstanceRenamed', data: { instanceId, ownerId, name, renamedAt: at } })
    }
  }
  const description = command.description === '' ? null : command.description
  if (description !== undefined && description !== instance.description) {
    events.push({
      type: 'InstanceDescribed',
      data: { instanceId, ownerId, description, describedAt: at },
    })
  }
  if (command.isDefault) events.push(...defaultMovedTo(instanceId, command, state))
  return events
}

export function recordAccess(command: RecordAccess, state: OwnerState): readonly InstanceEvent[] {
  const { ownerId, instanceId, at } = command
  activeInstance(command, state)
  return [{ type: 'InstanceAccessed', data: { instanceId, ownerId, accessedAt: at } }]
}

export function deleteInstance(
  command: DeleteInstance,
  state: OwnerState,
): readonly InstanceEvent[] {
  const { ownerId, instanceId, at } = command
  const instance = state.instances.get(instanceId)
  if (!instance || (instance.status === 'deleted' && !command.purge))
    throw new Rejection('not-found')
  demandVersion(command.expectedVersion, instance)
  const purged: InstanceEvent[] = command.purge
    ? [{ type: 'InstancePurged', data: { instanceId, ownerId, purgedAt: at } }]
    : []
  if (instance.status === 'deleted') return purged
  const heir = mostRecentlyUsed(state, instanceId)
  if (!heir) throw new Rejection('last-instance')
  const purgeAt = command.purge ? at : command.purgeAt
  return [
    ...(state.defaultId === instanceId ? defaultMovedTo(heir.id, command, state) : []),
    { type: 'InstanceDeleted', data: { instanceId, ownerId, deletedAt: at, purgeAt } },
    ...purged,
  ]
}

export function restoreInstance(
  command: RestoreInstance,
  state: OwnerState,
): readonly InstanceEvent[] {
  const { ownerId, instanceId, at } = command
  const instance = state.instances.get(instanceId)
  if (!instance) throw new Rejection('not-found')
  if (instance.status === 'active') throw new Rejection('instance-not-deleted')
  demandVersion(command.expectedVersion, instance)
  demandRoom(command.instancesMax, state)
  demandRoomForProjects(command.projectsMax, state, instanceId)
  return [{ type: 'InstanceRestored', data: { instanceId, ownerId, restoredAt: at } }]
}

export function purgeInstance(
  { ownerId, instanceId, at, isTenantClosed }: PurgeInstance,
  state: OwnerState,
): InstanceEvent[] {
  const instance = state.instances.get(instanceId)
  if (!instance || !(isTenantClosed || isDue(instance, at))) return []
  return [{ type: 'InstancePurged', data: { instanceId, ownerId, purgedAt: at } }]
}

const isDue = (instance: Instance, at: string) =>
  instance.status === 'deleted' && Date.parse(instance.purgeAt) <= Date.parse(at)

/** By another instance. A deleted one keeps its name, so that it can come back. */
const isNameTaken = (name: string, instanceId: string, { instances }: OwnerState) =>
  [...instances.values()].some(
    (other) => other.id !== instanceId && comparableName(other.name) === comparableName(name),
  )

function demandFreeName(name: string, instanceId: string, state: OwnerState) {
  if (isNameTaken(name, instanceId, state)) throw new Rejection('name-taken')
}

function demandRoom(limit: number, state: OwnerState) {
  const used = activeInstances(state).length
  if (used >= limit) throw new Rejection('quota-exceeded', { quota: 'instances', limit, used })
}

function demandVersion(expected: number | undefined, { version, changes }: Instance) {
  if (expected === undefined || expected === version) return
  throw new Rejection('version-conflict', {
    currentVersion: version,
    changes: changes.filter((change) => change.version > expected),
  })
}

function mostRecentlyUsed(state: OwnerState, except: string): Instance | undefined {
  return activeInstances(state)
    .filter(({ id }) => id !== except)
    .toSorted(
      (a, b) => b.lastAccessedAt.localeCompare(a.lastAccessedAt) || a.id.localeCompare(b.id),
    )
    .at(0)
}

function defaultMovedTo(instanceId: string, command: Command, state: OwnerState): InstanceEvent[] {
  const { ownerId, at } = command
  if (state.defaultId === instanceId) return []
  const previous = state.defaultId === undefined ? {} : { previousInstanceId: state.defaultId }
  const data = { instanceId, ownerId, ...previous, changedAt: at }
  return [{ type: 'DefaultInstanceChanged', data }]
}
