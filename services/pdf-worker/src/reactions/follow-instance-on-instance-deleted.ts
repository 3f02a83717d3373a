import type { EventOf } from '@atrium/contracts/event.ts'
import type {
  instanceDeleted,
  instancePurged,
  instanceRestored,
} from '@atrium/contracts/instances/events.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import { followSource, type Deps } from './follow-source.ts'

type InstanceEvent = EventOf<
  typeof instanceDeleted | typeof instanceRestored | typeof instancePurged
>

/** As with a project: what is in a deleted instance is deleted with it. */
export const followInstanceOnInstanceDeleted = defineReaction<InstanceEvent, Deps>({
  name: 'follow-instance-on-instance-deleted',
  source: 'instances',
  on: ['InstanceDeleted', 'InstanceRestored', 'InstancePurged'],
  timeoutMs: 60_000,
  attemptsMax: 8,
  async react(event, deps) {
    const { instanceId: sourceId } = event.data
    const of = { sourceId, kind: 'instance', at: event.recordedAt } as const
    switch (event.type) {
      case 'InstanceDeleted':
        return followSource(event, { ...of, type: 'HideSource' }, deps)
      case 'InstanceRestored':
        return followSource(event, { ...of, type: 'ShowSource' }, deps)
      case 'InstancePurged':
        return followSource(event, { ...of, type: 'RemoveSource' }, deps)
    }
  },
})
