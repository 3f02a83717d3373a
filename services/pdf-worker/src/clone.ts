import type { EventOf } from '@atrium/contracts/event.ts'
import type { CloneEvent } from '@atrium/contracts/pdf/events.ts'
import type { cloneFailed, cloneRequested } from '@atrium/contracts/pdf/gallery-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'

/*
 * A copy of a published planner, on its way into somebody's instance: its assets one by one, then
 * the project. What is done is noted, so that whoever goes on after a crash does not do it again.
 */

export type CloneRequest = EventOf<typeof cloneRequested>['data']
export type CloneErrorCode = EventOf<typeof cloneFailed>['data']['errorCode']

interface Asked {
  readonly request: CloneRequest
  /** The copy of each asset that has one. */
  readonly copies: ReadonlyMap<string, string>
}

export interface PendingClone extends Asked {
  readonly status: 'pending'
}

export type CloneState =
  | { readonly status: 'none' }
  | PendingClone
  | (Asked & { readonly status: 'completed'; readonly projectId: string })
  | (Asked & { readonly status: 'failed'; readonly errorCode: CloneErrorCode })

export type CloneCommand = RequestClone | NoteAssetCopied | CompleteClone | FailClone

interface Command {
  readonly at: string
}

export interface RequestClone extends Command {
  readonly type: 'RequestClone'
  readonly request: CloneRequest
}

/** Does nothing where the asset has a copy already: then that one counts. */
export interface NoteAssetCopied extends Command {
  readonly type: 'NoteAssetCopied'
  readonly assetId: string
  readonly copyId: string
}

export interface CompleteClone extends Command {
  readonly type: 'CompleteClone'
  readonly projectId: string
}

export interface FailClone extends Command {
  readonly type: 'FailClone'
  readonly errorCode: CloneErrorCode
}

export const clone: Decider<CloneState, CloneCommand, CloneEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

function decide(command: CloneCommand, state: CloneState): readonly CloneEvent[] {
  if (command.type === 'RequestClone') {
    return state.status === 'none' ? [{ type: 'CloneRequested', data: command.request }] : []
  }
  return state.status === 'pending' ? proceed(command, state) : []
}

function proceed(
  command: Exclude<CloneCommand, RequestClone>,
  { request, copies }: PendingClone,
): readonly CloneEvent[] {
  const { cloneId, ownerId } = request
  const { at } = command
  switch (command.type) {
    case 'NoteAssetCopied': {
      const { assetId, copyId } = command
      if (copies.has(assetId)) return []
      return [
        { type: 'CloneAssetCopied', data: { cloneId, ownerId, assetId, copyId, copiedAt: at } },
      ]
    }
    case 'CompleteClone': {
      const { projectId } = command
      return [{ type: 'CloneCompleted', data: { cloneId, ownerId, projectId, completedAt: at } }]
    }
    case 'FailClone': {
      const { errorCode } = command
      return [{ type: 'CloneFailed', data: { cloneId, ownerId, errorCode, failedAt: at } }]
    }
  }
}

function evolve(state: CloneState, event: CloneEvent): CloneState {
  if (event.type === 'CloneRequested') {
    return { status: 'pending', request: event.data, copies: new Map() }
  }
  if (state.status === 'none') return state
  const { request, copies } = state
  switch (event.type) {
    case 'CloneAssetCopied': {
      const { assetId, copyId } = event.data
      return { status: 'pending', request, copies: new Map(copies).set(assetId, copyId) }
    }
    case 'CloneCompleted':
      return { status: 'completed', request, copies, projectId: event.data.projectId }
    case 'CloneFailed':
      return { status: 'failed', request, copies, errorCode: event.data.errorCode }
  }
}
