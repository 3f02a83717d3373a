import type { EventOf } from '@atrium/contracts/event.ts'
import type {
  projectDeleted,
  projectPurged,
  projectRestored,
} from '@atrium/contracts/instances/project-events.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import { followSource, type Deps } from './follow-source.ts'

type ProjectEvent = EventOf<typeof projectDeleted | typeof projectRestored | typeof projectPurged>

/** Cancels its jobs and hides its PDFs, shows them again, removes them. */
export const followProjectOnProjectDeleted = defineReaction<ProjectEvent, Deps>({
  name: 'follow-project-on-project-deleted',
  source: 'instances',
  on: ['ProjectDeleted', 'ProjectRestored', 'ProjectPurged'],
  timeoutMs: 60_000,
  attemptsMax: 8,
  async react(event, deps) {
    const { projectId: sourceId } = event.data
    const of = { sourceId, kind: 'project', at: event.recordedAt } as const
    switch (event.type) {
      case 'ProjectDeleted':
        return followSource(event, { ...of, type: 'HideSource' }, deps)
      case 'ProjectRestored':
        return followSource(event, { ...of, type: 'ShowSource' }, deps)
      case 'ProjectPurged':
        return followSource(event, { ...of, type: 'RemoveSource' }, deps)
    }
  },
})
