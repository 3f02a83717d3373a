import type { ProjectConflictEvent } from '@atrium/contracts/instances/project-events.ts'
import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'

/*
 * The changes of a project that were refused because they would have undone others. In a stream
 * beside the project's, so that the project's version counts what was done to it.
 */

export interface ConflictState {
  readonly refused: number
}

export interface RefuseChange {
  readonly type: 'RefuseChange'
  readonly change: ProjectConflictEvent['data']
}

export type ProjectConflicts = Aggregate<ConflictState, RefuseChange, ProjectConflictEvent>

export const projectConflict: Decider<ConflictState, RefuseChange, ProjectConflictEvent> = {
  initialState: { refused: 0 },
  decide: ({ change }) => [{ type: 'ProjectChangeRefused', data: change }],
  evolve: ({ refused }) => ({ refused: refused + 1 }),
}
