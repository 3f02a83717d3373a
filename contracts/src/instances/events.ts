import { Type } from 'typebox'
import { defineEvent, eventData, personal, type EventOf } from '../event.ts'
import { InstanceId, TenantId, Timestamp, UserId } from '../schema.ts'
import { projectChangeRefused, projectEvents, projectPlaceEvents } from './project-events.ts'

// All events of an owner's instances are in one stream, instances.owner-<tenant>:<ownerId>: names,
// quotas, default and "keep the last one" hold over the set and are decided there.

const context = 'instances'

export const instanceCreated = defineEvent({
  context,
  type: 'InstanceCreated',
  visibility: 'public',
  summary: 'An owner has a new instance.',
  data: eventData({
    instanceId: InstanceId,
    ownerId: UserId,
    name: personal(Type.String(), 'ownerId'),
    description: Type.Optional(personal(Type.String(), 'ownerId')),
    createdAt: Timestamp,
  }),
})

export const instanceRenamed = defineEvent({
  context,
  type: 'InstanceRenamed',
  visibility: 'public',
  summary: 'The instance has another name.',
  data: eventData({
    instanceId: InstanceId,
    ownerId: UserId,
    name: personal(Type.String(), 'ownerId'),
    renamedAt: Timestamp,
  }),
})

export const instanceDescribed = defineEvent({
  context,
  type: 'InstanceDescribed',
  visibility: 'private',
  summary: 'The instance has another description. Null takes it away.',
  data: eventData({
    instanceId: InstanceId,
    ownerId: UserId,
    description: personal(Type.Union([Type.String(), Type.Null()]), 'ownerId'),
    describedAt: Timestamp,
  }),
})

export const defaultInstanceChanged = defineEvent({
  context,
  type: 'DefaultInstanceChanged',
  visibility: 'private',
  summary: "Another instance is the owner's default.",
  data: eventData({
    instanceId: InstanceId,
    ownerId: UserId,
    previousInstanceId: Type.Optional(InstanceId),
    changedAt: Timestamp,
  }),
})

export const instanceAccessed = defineEvent({
  context,
  type: 'InstanceAccessed',
  visibility: 'private',
  summary: 'The owner switched to the instance. Does not count in its version.',
  data: eventData({ instanceId: InstanceId, ownerId: UserId, accessedAt: Timestamp }),
})

export const instanceDeleted = defineEvent({
  context,
  type: 'InstanceDeleted',
  visibility: 'public',
  summary: 'The instance is hidden everywhere; it can be restored until purgeAt.',
  data: eventData({
    instanceId: InstanceId,
    ownerId: UserId,
    deletedAt: Timestamp,
    purgeAt: Timestamp,
  }),
})

export const instanceRestored = defineEvent({
  context,
  type: 'InstanceRestored',
  visibility: 'public',
  summary: 'The deleted instance is back.',
  data: eventData({ instanceId: InstanceId, ownerId: UserId, restoredAt: Timestamp }),
})

export const instancePurged = defineEvent({
  context,
  type: 'InstancePurged',
  visibility: 'public',
  summary: 'The instance is gone for good; every context releases what it held for it.',
  data: eventData({ instanceId: InstanceId, ownerId: UserId, purgedAt: Timestamp }),
})

export const ownerClosed = defineEvent({
  context,
  type: 'OwnerClosed',
  visibility: 'private',
  summary: 'The account of the owner is gone: nothing can be created for it any more.',
  data: eventData({ ownerId: UserId, closedAt: Timestamp }),
})

// In a stream of its own, instances.tenant-<tenant>:<tenant>.

export const tenantClosed = defineEvent({
  context,
  type: 'TenantClosed',
  visibility: 'private',
  summary: 'The tenant was removed: what it has here is purged, also what comes after this.',
  data: eventData({ tenantId: TenantId, closedAt: Timestamp }),
})

const instanceEvents = [
  instanceCreated,
  instanceRenamed,
  instanceDescribed,
  defaultInstanceChanged,
  instanceAccessed,
  instanceDeleted,
  instanceRestored,
  instancePurged,
] as const

export const instancesEvents = [
  ...instanceEvents,
  ownerClosed,
  ...projectPlaceEvents,
  ...projectEvents,
  projectChangeRefused,
  tenantClosed,
] as const

export type InstanceEvent = EventOf<(typeof instanceEvents)[number]>
export type OwnerClosed = EventOf<typeof ownerClosed>
export type InstancesEvent = EventOf<(typeof instancesEvents)[number]>
