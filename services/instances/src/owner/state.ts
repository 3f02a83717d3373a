import type { InstanceEvent, OwnerClosed } from '@atrium/contracts/instances/events.ts'
import type { ProjectPlaceEvent } from '@atrium/contracts/instances/project-events.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

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
  readonly type: InstanceEvent['type']
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

/** A project's place in the quota. One left half way is released after a while. */
export interface ProjectPlace {
  readonly projectId: string
  readonly instanceId: string
  /** The step on the project's own stream that follows. */
  readonly for: 'creation' | 'restoration'
  readonly takenAt: string
  /** Another one each time that a place is taken. */
  readonly turn: number
}

export interface OwnerState {
  readonly instances: ReadonlyMap<string, Instance>
  readonly defaultId: string | undefined
  /** By project. Those of an instance that is deleted do not count; its restoration needs room. */
  readonly places: ReadonlyMap<string, ProjectPlace>
  /** How often a place was taken. */
  readonly turns: number
  /** The owner's account is gone. */
  readonly isClosed: boolean
}

export type OwnerEvent = InstanceEvent | ProjectPlaceEvent | OwnerClosed

/** What every command of an owner's says. */
export interface Command {
  readonly ownerId: string
  readonly instanceId: string
  readonly at: string
}

export function activeInstance(
  { instanceId }: Pick<Command, 'instanceId'>,
  { instances }: OwnerState,
): ActiveInstance {
  const instance = instances.get(instanceId)
  if (instance?.status !== 'active') throw new Rejection('not-found')
  return instance
}

export const activeInstances = ({ instances }: OwnerState) =>
  [...instances.values()].filter(({ status }) => status === 'active')
