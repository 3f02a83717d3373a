import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import type { ActiveInstance, DeletedInstance, Instance, OwnerState } from './state.ts'

const changesKeptMax = 20

/** The owner's instances after one more fact about them. */
export function evolveInstances(state: OwnerState, event: InstanceEvent): OwnerState {
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
  event: InstanceEvent,
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
