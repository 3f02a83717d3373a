import type { InstanceEvent } from '@atrium/contracts/instances/events.ts'
import { partOf } from '@atrium/platform/decider/cause.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import type { Storages, Trees } from '../aggregates.ts'
import { storageCause } from '../storage-cause.ts'
import type { StorageCommand } from '../storage.ts'

export interface ReactionDeps {
  readonly storages: Storages
  readonly trees: Trees
  /** How long the bytes of what nothing holds any more are kept. */
  readonly graceMs: number
}

type Handled = Extract<
  InstanceEvent,
  { type: 'InstanceCreated' | 'InstanceDeleted' | 'InstanceRestored' | 'InstancePurged' }
>

/** One reaction for all, so that they are handled in their order. */
export const keepStorageOnInstanceChanged = defineReaction<Handled, ReactionDeps>({
  name: 'keep-storage-on-instance-changed',
  source: 'instances',
  on: ['InstanceCreated', 'InstanceDeleted', 'InstanceRestored', 'InstancePurged'],
  timeoutMs: 30_000,
  attemptsMax: 8,
  async react(event, { storages, trees, graceMs }) {
    if (event.type === 'InstancePurged') {
      const { instanceId, ownerId, purgedAt: at } = event.data
      const clear = { type: 'ClearTree', instanceId, ownerId, at } as const
      await trees.handle(instanceId, clear, partOf(storageCause(event), 'tree'))
    }
    const command = commandFor(event, Date.now() + graceMs)
    return storages.handle(event.data.ownerId, command, storageCause(event))
  },
})

/**
 * The grace period begins when the event is handled: a process that was away for long must not
 * collect what a later event in the queue would keep.
 */
function commandFor({ type, data }: Handled, purgeAtMs: number): StorageCommand {
  const { instanceId, ownerId } = data
  const which = { instanceId, ownerId }
  switch (type) {
    case 'InstanceCreated':
      return { ...which, type: 'ProvisionStorage', at: data.createdAt }
    case 'InstanceDeleted':
      return { ...which, type: 'HideStorage', at: data.deletedAt }
    case 'InstanceRestored':
      return { ...which, type: 'ShowStorage', at: data.restoredAt }
    case 'InstancePurged': {
      const purgeAt = new Date(purgeAtMs).toISOString()
      return { ...which, type: 'ReleaseStorage', at: data.purgedAt, purgeAt }
    }
  }
}
