import type { InstancesEvent } from '@atrium/contracts/instances/events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { comparableName, isReadableName } from '@atrium/platform/readable-name.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'

/*
 * An owner's instances. One stream per owner, because names, quota, default and "keep the last one"
 * hold over the set: decided here, they are exact under any number of writers.
 */

interface Described {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly createdAt: string
  readonly lastAccessedAt: string
  /** Counts what was done to the instance; an access is not something done to it. */
  readonly version: number
  /** The newest changes, for whoever meets a conflict. */
  readonly changes: readonly Change[]
}

export interface Change {
  readonly version: number
  readonly type: InstancesEvent['type']
  readonly changedAt: string
}

export interface ActiveInstance extends Described {
  readonly status: 'active'
}

/** Hidden, but it keeps its name; it has no place in the quota. */
export interface DeletedInstance extends Described {
  readonly status: 'deleted'
  readonly deletedAt: string
  readonly purgeAt: string
}

export type Instance = ActiveInstance | DeletedInstance

export interface OwnerState {
  readonly instances: ReadonlyMap<string, Instance>
  readonly defaultId: string | undefined
}

export type OwnerCommand =
  | CreateInstance
  | ProvisionPersonalWorkspace
  | ReviseInstance
  | RecordAccess
  | DeleteInstance
  | RestoreInstance
  | PurgeInstance

interface Command {
  readonly ownerId: string
  readonly instanceId: string
  readonly at: string
}

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
  readonly expectedVersion: number | undefined
}

/** The retention has passed. Does nothing where the instance was restored in the meantime. */
export interface PurgeInstance extends Command {
  readonly type: 'PurgeInstance'
}

export const personalWorkspaceName = 'Personal Workspace'
const nameLengthMax = 100
const changesKeptMax = 20

export const owner: Decider<OwnerState, OwnerCommand, InstancesEvent> = {
  initialState: { instances: new Map(), defaultId: undefined },
  decide,
  evolve,
}

function decide(command: OwnerCommand, state: OwnerState): readonly InstancesEvent[] {
  switch (command.type) {
    case 'CreateInstance':
      return create(command, state)
    case 'ProvisionPersonalWorkspace':
      return provision(command, state)
    case 'ReviseInstance':
      return revise(command, state)
    case 'RecordAccess':
      return recordAccess(command, state)
    case 'DeleteInstance':
      return remove(command, state)
    case 'RestoreInstance':
      return restore(command, state)
    case 'PurgeInstance':
      return purge(command, state)
  }
}

function create(command: CreateInstance, state: OwnerState): readonly InstancesEvent[] {
  const { ownerId, instanceId, at } = command
  const name = nameFrom(command.name)
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

function provision(
  command: ProvisionPersonalWorkspace,
  state: OwnerState,
): readonly InstancesEvent[] {
  const { ownerId, instanceId, at } = command
  const isTaken = isNameTaken(personalWorkspaceName, instanceId, state)
  if (isTaken || state.instances.has(instanceId)) return []
  return [
    {
      type: 'InstanceCreated',
      data: { instanceId, ownerId, name: personalWorkspaceName, createdAt: at },
    },
    ...defaultMovedTo(state.defaultId ?? instanceId, command, state),
  ]
}

function revise(command: ReviseInstance, state: OwnerState): readonly InstancesEvent[] {
  const { ownerId, instanceId, at } = command
  const instance = activeInstance(command, state)
  demandVersion(command.expectedVersion, instance)
  const events: InstancesEvent[] = []
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

function recordAccess(command: RecordAccess, state: OwnerState): readonly InstancesEvent[] {
  const { ownerId, instanceId, at } = command
  activeInstance(command, state)
  return [{ type: 'InstanceAccessed', data: { instanceId, ownerId, accessedAt: at } }]
}

function remove(command: DeleteInstance, state: OwnerState): readonly InstancesEvent[] {
  const { ownerId, instanceId, at } = command
  const instance = state.instances.get(instanceId)
  if (!instance || (instance.status === 'deleted' && !command.purge))
    throw new Rejection('not-found')
  demandVersion(command.expectedVersion, instance)
  const purged: InstancesEvent[] = command.purge
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

function restore(command: RestoreInstance, state: OwnerState): readonly InstancesEvent[] {
  const { ownerId, instanceId, at } = command
  const instance = state.instances.get(instanceId)
  if (!instance) throw new Rejection('not-found')
  if (instance.status === 'active') throw new Rejection('instance-not-deleted')
  demandVersion(command.expectedVersion, instance)
  demandRoom(command.instancesMax, state)
  return [{ type: 'InstanceRestored', data: { instanceId, ownerId, restoredAt: at } }]
}

function purge({ ownerId, instanceId, at }: PurgeInstance, state: OwnerState): InstancesEvent[] {
  const instance = state.instances.get(instanceId)
  if (instance?.status !== 'deleted' || Date.parse(instance.purgeAt) > Date.parse(at)) return []
  return [{ type: 'InstancePurged', data: { instanceId, ownerId, purgedAt: at } }]
}

function nameFrom(given: string): string {
  const name = given.trim()
  const isShort = Array.from(name).length <= nameLengthMax
  if (isShort && isReadableName(name)) return name
  const detail = isShort
    ? 'must be readable on one line: something to see, and no control characters'
    : `must have 1 to ${nameLengthMax} characters, without the white space around them`
  throw invalid({ pointer: '/name', code: isShort ? 'unreadable' : 'length', detail })
}

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

function activeInstance({ instanceId }: Command, { instances }: OwnerState): ActiveInstance {
  const instance = instances.get(instanceId)
  if (instance?.status !== 'active') throw new Rejection('not-found')
  return instance
}

const activeInstances = ({ instances }: OwnerState) =>
  [...instances.values()].filter(({ status }) => status === 'active')

function mostRecentlyUsed(state: OwnerState, except: string): Instance | undefined {
  return activeInstances(state)
    .filter(({ id }) => id !== except)
    .toSorted(
      (a, b) => b.lastAccessedAt.localeCompare(a.lastAccessedAt) || a.id.localeCompare(b.id),
    )
    .at(0)
}

function defaultMovedTo(instanceId: string, command: Command, state: OwnerState): InstancesEvent[] {
  const { ownerId, at } = command
  if (state.defaultId === instanceId) return []
  const previous = state.defaultId === undefined ? {} : { previousInstanceId: state.defaultId }
  const data = { instanceId, ownerId, ...previous, changedAt: at }
  return [{ type: 'DefaultInstanceChanged', data }]
}

function evolve(state: OwnerState, event: InstancesEvent): OwnerState {
  const { data } = event
  switch (event.type) {
    case 'InstanceCreated':
      return withInstance(state, {
        status: 'active',
        id: data.instanceId,
        name: event.data.name,
        description: event.data.description ?? null,
        createdAt: event.data.createdAt,
        lastAccessedAt: event.data.createdAt,
        version: 1,
        changes: [{ version: 1, type: event.type, changedAt: event.data.createdAt }],
      })
    case 'InstanceRenamed':
      return changed(state, event, event.data.renamedAt, { name: event.data.name })
    case 'InstanceDescribed':
      return changed(state, event, event.data.describedAt, { description: event.data.description })
    case 'DefaultInstanceChanged': {
      const { instanceId, previousInstanceId, changedAt } = event.data
      const moved = { ...changed(state, event, changedAt, {}), defaultId: instanceId }
      if (previousInstanceId === undefined) return moved
      return changed(moved, event, changedAt, {}, previousInstanceId)
    }
    case 'InstanceAccessed': {
      const instance = state.instances.get(data.instanceId)
      if (!instance) return state
      return withInstance(state, { ...instance, lastAccessedAt: event.data.accessedAt })
    }
    case 'InstanceDeleted': {
      const { deletedAt, purgeAt } = event.data
      return changed(state, event, deletedAt, { status: 'deleted', deletedAt, purgeAt })
    }
    case 'InstanceRestored':
      return restored(changed(state, event, event.data.restoredAt, {}), data.instanceId)
    case 'InstancePurged': {
      const instances = new Map(state.instances)
      instances.delete(data.instanceId)
      return { ...state, instances }
    }
  }
}

/** The instance with some of its members replaced, and one version on. */
function changed(
  state: OwnerState,
  event: InstancesEvent,
  changedAt: string,
  members: Partial<ActiveInstance> | Partial<DeletedInstance>,
  id: string = event.data.instanceId,
): OwnerState {
  const instance = state.instances.get(id)
  if (!instance) return state
  const version = instance.version + 1
  const changes = [...instance.changes, { version, type: event.type, changedAt }]
  const next = { ...instance, ...members, version, changes: changes.slice(-changesKeptMax) }
  return withInstance(state, next as Instance)
}

function restored(state: OwnerState, id: string): OwnerState {
  const instance = state.instances.get(id)
  if (instance?.status !== 'deleted') return state
  const { deletedAt: _, purgeAt: __, ...kept } = instance
  return withInstance(state, { ...kept, status: 'active' })
}

function withInstance(state: OwnerState, instance: Instance): OwnerState {
  return { ...state, instances: new Map(state.instances).set(instance.id, instance) }
}
