import type { ProjectPlaceEvent } from '@atrium/contracts/instances/project-events.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { activeInstance, type Command, type OwnerState, type ProjectPlace } from './state.ts'

/*
 * How many projects an owner may have, in all instances together. Two streams cannot be written at
 * once: a place is taken before the project's own stream is written, and released after it.
 */

/** Refused on a full quota, and for an instance that is not active. */
export interface TakeProjectPlace extends Command {
  readonly type: 'TakeProjectPlace'
  readonly projectId: string
  readonly for: ProjectPlace['for']
  readonly projectsMax: number
}

/** Passes over a place that was taken anew since it was looked at. */
export interface ReleaseProjectPlaces {
  readonly type: 'ReleaseProjectPlaces'
  readonly ownerId: string
  readonly places: readonly ProjectPlace[]
  readonly at: string
}

/** A place whose project does not come for so long is released by whoever sees it. */
export const placeLeftAloneMs = 10_000

export function takePlace(command: TakeProjectPlace, state: OwnerState): ProjectPlaceEvent[] {
  const { ownerId, instanceId, projectId, projectsMax, at } = command
  activeInstance(command, state)
  // One that is there already is taken anew, so that a release decided before passes it over.
  if (!state.places.has(projectId)) demandRoom(projectsMax, placesUsed(state), 1)
  return [
    {
      type: 'ProjectPlaceTaken',
      data: { projectId, instanceId, ownerId, for: command.for, takenAt: at },
    },
  ]
}

export function releasePlaces(
  { ownerId, places, at }: ReleaseProjectPlaces,
  state: OwnerState,
): ProjectPlaceEvent[] {
  return places.flatMap((seen): ProjectPlaceEvent[] => {
    const place = state.places.get(seen.projectId)
    if (place?.turn !== seen.turn) return []
    const { projectId, instanceId } = place
    const data = { projectId, instanceId, ownerId, releasedAt: at }
    return [{ type: 'ProjectPlaceReleased', data }]
  })
}

/** For all projects of an instance that comes back. */
export function demandRoomForProjects(limit: number, state: OwnerState, instanceId: string) {
  const more = [...state.places.values()].filter((place) => place.instanceId === instanceId)
  demandRoom(limit, placesUsed(state), more.length)
}

const placesUsed = ({ places, instances }: OwnerState) =>
  [...places.values()].filter(({ instanceId }) => instances.get(instanceId)?.status === 'active')
    .length

function demandRoom(limit: number, used: number, more: number) {
  if (more > 0 && used + more > limit) {
    throw new Rejection('quota-exceeded', { quota: 'projects', limit, used })
  }
}

/** The owner's places after one more fact about them. */
export function evolvePlaces(state: OwnerState, { type, data }: ProjectPlaceEvent): OwnerState {
  const places = new Map(state.places)
  switch (type) {
    case 'ProjectPlaceTaken': {
      const { projectId, instanceId, takenAt } = data
      const turns = state.turns + 1
      places.set(projectId, { projectId, instanceId, for: data.for, takenAt, turn: turns })
      return { ...state, places, turns }
    }
    case 'ProjectPlaceReleased':
      places.delete(data.projectId)
      return { ...state, places }
  }
}
