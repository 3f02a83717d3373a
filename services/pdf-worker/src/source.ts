import type { SourceEvent } from '@atrium/contracts/pdf/events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'

/*
 * What is known here of a project, an instance or a tenant that jobs are made from: whether it is
 * there. What was made from a hidden one is not shown, and what was made from a removed one goes.
 */

/** The id of the source that stands for all of a tenant. */
export const tenantSourceId = 'tenant'

export interface SourceState {
  readonly status: 'shown' | 'hidden' | 'removed'
}

export type SourceCommand = HideSource | ShowSource | RemoveSource

interface Command {
  readonly sourceId: string
  readonly kind: 'project' | 'instance' | 'tenant'
  readonly at: string
}

export interface HideSource extends Command {
  readonly type: 'HideSource'
}

export interface ShowSource extends Command {
  readonly type: 'ShowSource'
}

export interface RemoveSource extends Command {
  readonly type: 'RemoveSource'
}

export const source: Decider<SourceState, SourceCommand, SourceEvent> = {
  initialState: { status: 'shown' },
  decide,
  evolve,
}

function decide(command: SourceCommand, { status }: SourceState): readonly SourceEvent[] {
  const { sourceId, kind, at } = command
  switch (command.type) {
    case 'HideSource':
      if (status !== 'shown') return []
      return [{ type: 'SourceHidden', data: { sourceId, kind, hiddenAt: at } }]
    case 'ShowSource':
      if (status !== 'hidden') return []
      return [{ type: 'SourceShown', data: { sourceId, kind, shownAt: at } }]
    case 'RemoveSource':
      if (status === 'removed') return []
      return [{ type: 'SourceRemoved', data: { sourceId, kind, removedAt: at } }]
  }
}

function evolve(_: SourceState, event: SourceEvent): SourceState {
  switch (event.type) {
    case 'SourceHidden':
      return { status: 'hidden' }
    case 'SourceShown':
      return { status: 'shown' }
    case 'SourceRemoved':
      return { status: 'removed' }
  }
}
