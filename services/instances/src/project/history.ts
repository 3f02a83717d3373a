import type { ProjectChange } from '@atrium/contracts/instances/project.ts'
import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import { streamName } from '@atrium/contracts/naming.ts'
import { decode } from '@atrium/platform/decider/codec.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'

const context = 'instances'

/** Up to `limit` versions of a project, newest first, from `from` downwards. */
export async function readHistory(
  store: Pick<EventStore, 'readStream'>,
  tenant: string,
  projectId: string,
  { limit, from }: { limit: number; from?: number },
): Promise<ProjectChange[]> {
  const stream = streamName(`${context}.project`, tenant, projectId)
  const changes: ProjectChange[] = []
  const pages = { direction: 'backwards', limit, ...(from ? { from: from - 1 } : {}) } as const
  for await (const recorded of store.readStream(stream, pages)) {
    const event = decode(context, recorded) as ProjectEvent | undefined
    if (!event) continue
    const changedBy = recorded.metadata.actor.userId ?? null
    const version = recorded.revision + 1
    changes.push({ version, type: event.type, changedBy, ...changeOf(event) })
  }
  return changes
}

function changeOf(event: ProjectEvent): Omit<ProjectChange, 'version' | 'type' | 'changedBy'> {
  switch (event.type) {
    case 'ProjectCreated':
      return { changedAt: event.data.createdAt, pointers: [''] }
    case 'ProjectContentChanged': {
      const { changedAt, pointers = [], restoredVersion } = event.data
      return {
        changedAt,
        pointers,
        ...(restoredVersion === undefined ? {} : { restoredVersion }),
      }
    }
    case 'ProjectRenamed':
      return { changedAt: event.data.renamedAt, pointers: ['/name'] }
    case 'ProjectDescribed':
      return { changedAt: event.data.describedAt, pointers: ['/description'] }
    case 'ProjectArchived':
      return { changedAt: event.data.archivedAt, pointers: ['/archived'] }
    case 'ProjectUnarchived':
      return { changedAt: event.data.unarchivedAt, pointers: ['/archived'] }
    case 'ProjectDeleted':
      return { changedAt: event.data.deletedAt, pointers: ['/status'] }
    case 'ProjectRestored':
      return { changedAt: event.data.restoredAt, pointers: ['/status'] }
    case 'ProjectAbandoned':
    case 'ProjectRestorationAbandoned':
      return { changedAt: event.data.abandonedAt, pointers: [] }
    case 'ProjectPurged':
      return { changedAt: event.data.purgedAt, pointers: ['/status'] }
  }
}
