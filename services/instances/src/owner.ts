import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { closeOwner, type CloseOwner } from './owner/closing.ts'
import { evolveInstances } from './owner/evolve-instances.ts'
import {
  createInstance,
  deleteInstance,
  provisionPersonalWorkspace,
  purgeInstance,
  recordAccess,
  restoreInstance,
  reviseInstance,
  type InstanceCommand,
} from './owner/instances.ts'
import {
  evolvePlaces,
  releasePlaces,
  takePlace,
  type ReleaseProjectPlaces,
  type TakeProjectPlace,
} from './owner/project-places.ts'
import type { OwnerEvent, OwnerState } from './owner/state.ts'

/*
 * An owner's instances, and the places of projects in them. One stream per owner, because names,
 * quotas, default and "keep the last one" hold over the set: decided here, they are exact under any
 * number of writers.
 */

export type OwnerCommand = InstanceCommand | TakeProjectPlace | ReleaseProjectPlaces | CloseOwner

export type Owners = Aggregate<OwnerState, OwnerCommand, OwnerEvent>

export const owner: Decider<OwnerState, OwnerCommand, OwnerEvent> = {
  initialState: {
    instances: new Map(),
    defaultId: undefined,
    places: new Map(),
    turns: 0,
    isClosed: false,
  },
  decide,
  evolve,
}

function decide(command: OwnerCommand, state: OwnerState): readonly OwnerEvent[] {
  switch (command.type) {
    case 'CreateInstance':
      return createInstance(command, state)
    case 'ProvisionPersonalWorkspace':
      return provisionPersonalWorkspace(command, state)
    case 'ReviseInstance':
      return reviseInstance(command, state)
    case 'RecordAccess':
      return recordAccess(command, state)
    case 'DeleteInstance':
      return deleteInstance(command, state)
    case 'RestoreInstance':
      return restoreInstance(command, state)
    case 'PurgeInstance':
      return purgeInstance(command, state)
    case 'TakeProjectPlace':
      return takePlace(command, state)
    case 'ReleaseProjectPlaces':
      return releasePlaces(command, state)
    case 'CloseOwner':
      return closeOwner(command, state)
  }
}

function evolve(state: OwnerState, event: OwnerEvent): OwnerState {
  switch (event.type) {
    case 'ProjectPlaceTaken':
    case 'ProjectPlaceReleased':
      return evolvePlaces(state, event)
    case 'OwnerClosed':
      return { ...state, isClosed: true }
    case 'InstanceCreated':
    case 'InstanceRenamed':
    case 'InstanceDescribed':
    case 'DefaultInstanceChanged':
    case 'InstanceAccessed':
    case 'InstanceDeleted':
    case 'InstanceRestored':
    case 'InstancePurged':
      return evolveInstances(state, event)
  }
}
