import type { ResultEvent } from '@atrium/contracts/pdf/events.ts'
import type { Diagnostic } from '@atrium/contracts/pdf/schema.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * A stored PDF and the jobs that hold it. It is condemned in its own stream before its bytes go, so
 * a job that wants it either holds it in time or renders anew; none is left with a PDF that is not
 * there.
 */

export interface StoredResult {
  readonly status: 'stored'
  readonly holders: ReadonlySet<string>
  /** Of the render that made it. */
  readonly attempt: number
  readonly sizeBytes: number
  readonly pageCount: number
  readonly sha256: string
  readonly diagnostics: readonly Diagnostic[]
}

export type ResultState =
  | StoredResult
  | { readonly status: 'none' }
  | { readonly status: 'condemned' }
  | { readonly status: 'erased' }

export type ResultCommand = StoreResult | HoldResult | ReleaseResult | NoteErased

interface Command {
  readonly resultId: string
  readonly at: string
}

export interface StoreResult extends Command {
  readonly type: 'StoreResult'
  readonly ownerId: string
  readonly jobId: string
  readonly attempt: number
  readonly inputSha256: string
  readonly sizeBytes: number
  readonly pageCount: number
  readonly sha256: string
  readonly diagnostics: readonly Diagnostic[]
}

/** Refused as not-found where the bytes are gone, or about to go. */
export interface HoldResult extends Command {
  readonly type: 'HoldResult'
  readonly jobId: string
}

export interface ReleaseResult extends Command {
  readonly type: 'ReleaseResult'
  readonly jobId: string
}

export interface NoteErased extends Command {
  readonly type: 'NoteErased'
}

export const result: Decider<ResultState, ResultCommand, ResultEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

function decide(command: ResultCommand, state: ResultState): readonly ResultEvent[] {
  switch (command.type) {
    case 'StoreResult':
      return store(command, state)
    case 'HoldResult':
      return hold(command, state)
    case 'ReleaseResult':
      return release(command, state)
    case 'NoteErased':
      return state.status === 'condemned'
        ? [{ type: 'ResultErased', data: { resultId: command.resultId, erasedAt: command.at } }]
        : []
  }
}

function store(command: StoreResult, state: ResultState): ResultEvent[] {
  if (state.status !== 'none') return []
  const { resultId, ownerId, jobId, attempt, inputSha256, at } = command
  const { sizeBytes, pageCount, sha256, diagnostics } = command
  return [
    {
      type: 'ResultStored',
      data: {
        resultId,
        ownerId,
        jobId,
        attempt,
        inputSha256,
        sizeBytes,
        pageCount,
        sha256,
        diagnostics: [...diagnostics],
        storedAt: at,
      },
    },
  ]
}

function hold({ resultId, jobId, at }: HoldResult, state: ResultState): ResultEvent[] {
  if (state.status !== 'stored') throw new Rejection('not-found')
  if (state.holders.has(jobId)) return []
  return [{ type: 'ResultHeld', data: { resultId, jobId, heldAt: at } }]
}

function release({ resultId, jobId, at }: ReleaseResult, state: ResultState): ResultEvent[] {
  if (state.status !== 'stored' || !state.holders.has(jobId)) return []
  const released: ResultEvent = {
    type: 'ResultReleased',
    data: { resultId, jobId, releasedAt: at },
  }
  if (state.holders.size > 1) return [released]
  return [released, { type: 'ResultCondemned', data: { resultId, condemnedAt: at } }]
}

function evolve(state: ResultState, event: ResultEvent): ResultState {
  switch (event.type) {
    case 'ResultStored': {
      const { jobId, attempt, sizeBytes, pageCount, sha256, diagnostics } = event.data
      const holders = new Set([jobId])
      return { status: 'stored', holders, attempt, sizeBytes, pageCount, sha256, diagnostics }
    }
    case 'ResultHeld':
      return state.status === 'stored'
        ? { ...state, holders: new Set(state.holders).add(event.data.jobId) }
        : state
    case 'ResultReleased': {
      if (state.status !== 'stored') return state
      const holders = new Set(state.holders)
      holders.delete(event.data.jobId)
      return { ...state, holders }
    }
    case 'ResultCondemned':
      return { status: 'condemned' }
    case 'ResultErased':
      return { status: 'erased' }
  }
}
