import type { ProjectEvent } from '@atrium/contracts/instances/project-events.ts'
import type { ConsistencyPoint } from '@atrium/contracts/consistency-token.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { defineReaction, type ReactedEvent } from '@atrium/platform/reactions/reaction.ts'
import type { Storages } from '../aggregates.ts'
import { storageCause } from '../storage-cause.ts'
import type { StorageCommand } from '../storage.ts'
import type { ReactionDeps } from './keep-storage-on-instance-changed.ts'

type Handled = Extract<
  ProjectEvent,
  {
    type:
      | 'ProjectCreated'
      | 'ProjectContentChanged'
      | 'ProjectDeleted'
      | 'ProjectRestored'
      | 'ProjectPurged'
  }
>

/** Assets of one command: a content may name thousands. */
const assetsMax = 500

/** One reaction for all, so that they are handled in the order of their project. */
export const keepUsesOnProjectChanged = defineReaction<Handled, ReactionDeps>({
  name: 'keep-uses-on-project-changed',
  source: 'instances',
  on: [
    'ProjectCreated',
    'ProjectContentChanged',
    'ProjectDeleted',
    'ProjectRestored',
    'ProjectPurged',
  ],
  timeoutMs: 60_000,
  attemptsMax: 8,
  async react(event, { storages, graceMs }) {
    const { projectId, instanceId, ownerId } = event.data
    const which = { projectId, instanceId, ownerId }
    // From now on, not from the event's time: see keep-storage-on-instance-changed.ts.
    const purgeAt = new Date(Date.now() + graceMs).toISOString()
    const steps = createSteps(event, storages)
    switch (event.type) {
      case 'ProjectCreated': {
        const { assetIds, createdAt } = event.data
        for (const named of slices(assetIds)) {
          await steps.next({
            ...which,
            type: 'ChangeUses',
            named,
            dropped: [],
            at: createdAt,
            purgeAt,
          })
        }
        return steps.last()
      }
      case 'ProjectContentChanged': {
        const { assetIdsAdded, assetIdsRemoved, changedAt } = event.data
        const change = { ...which, type: 'ChangeUses', at: changedAt, purgeAt } as const
        for (const named of slices(assetIdsAdded))
          await steps.next({ ...change, named, dropped: [] })
        for (const dropped of slices(assetIdsRemoved)) {
          await steps.next({ ...change, named: [], dropped })
        }
        return steps.last()
      }
      case 'ProjectDeleted':
        await steps.next({ ...which, type: 'HideProject', at: event.data.deletedAt })
        return steps.last()
      case 'ProjectRestored':
        await steps.next({ ...which, type: 'ShowProject', at: event.data.restoredAt })
        return steps.last()
      case 'ProjectPurged': {
        const release = {
          ...which,
          type: 'ReleaseProject',
          at: event.data.purgedAt,
          purgeAt,
        } as const
        let isLeft = true
        while (isLeft) isLeft = (await steps.next(release)).projects.has(projectId)
        return steps.last()
      }
    }
  },
})

/** At least one, so that a project without assets is followed, too. */
function slices(ids: readonly string[]): (readonly string[])[] {
  const count = Math.max(1, Math.ceil(ids.length / assetsMax))
  return Array.from({ length: count }, (_, index) =>
    ids.slice(index * assetsMax, (index + 1) * assetsMax),
  )
}

/** The commands that one event leads to, each with an id of its own. */
function createSteps(event: ReactedEvent<Handled>, storages: Storages) {
  let count = 0
  let point: ConsistencyPoint = {}
  return {
    async next(command: StorageCommand) {
      count += 1
      const cause = storageCause(event, String(count))
      const handled = await storages.handle(command.ownerId, command, cause)
      point = laterOf(point, pointOf(handled))
      return handled.state
    },
    last: () => point,
  }
}
