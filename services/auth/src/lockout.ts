import type * as contract from '@atrium/contracts/auth/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'

/*
 * Failed sign-ins of one account, or from one range of addresses. From the tenth failure within a
 * quarter of an hour on, each one locks, for twice as long as the one before.
 */

export type LockoutScope = 'account' | 'address-range'

export interface LockoutState {
  /** Times of the failures that may still count, oldest first, in ms. */
  readonly failures: readonly number[]
  readonly lockedUntil: number
  /** Locks in a row: they decide how long the next one lasts. */
  readonly locks: number
}

export type LockoutCommand = RecordFailure | OpenLock

/** Nothing while it is locked: an attempt then is refused unseen. */
export interface RecordFailure {
  readonly type: 'RecordFailure'
  readonly scope: LockoutScope
  readonly failuresMax: number
  readonly at: string
}

/** A sign-in succeeded, the password was reset, or an administrator wants it. */
export interface OpenLock {
  readonly type: 'OpenLock'
  readonly scope: LockoutScope
  readonly at: string
}

export type LockoutEvent = EventOf<
  typeof contract.signInFailed | typeof contract.signInLocked | typeof contract.signInUnlocked
>

export const failureWindowMs = 15 * 60_000
const firstLockMs = 60_000
const lockMsMax = 60 * 60_000

const initialState: LockoutState = { failures: [], lockedUntil: 0, locks: 0 }

export const lockout: Decider<LockoutState, LockoutCommand, LockoutEvent> = {
  initialState,
  decide,
  evolve,
}

/** How long sign-in stays locked from then on, in ms; 0 where it is open. */
export const lockedForMs = (state: LockoutState, at: string) =>
  Math.max(0, state.lockedUntil - Date.parse(at))

function decide(command: LockoutCommand, state: LockoutState): readonly LockoutEvent[] {
  switch (command.type) {
    case 'RecordFailure':
      return recordFailure(command, state)
    case 'OpenLock':
      return state.failures.length === 0
        ? []
        : [{ type: 'SignInUnlocked', data: { scope: command.scope, unlockedAt: command.at } }]
  }
}

function recordFailure(command: RecordFailure, state: LockoutState): readonly LockoutEvent[] {
  const { scope, failuresMax, at } = command
  if (lockedForMs(state, at) > 0) return []
  const now = Date.parse(at)
  const failed: LockoutEvent = { type: 'SignInFailed', data: { scope, failedAt: at } }
  const counted = stillCounting(state, now)
  if (counted.failures.length + 1 < failuresMax) return [failed]
  const lockMs = Math.min(firstLockMs * 2 ** counted.locks, lockMsMax)
  const lockedUntil = new Date(now + lockMs).toISOString()
  return [failed, { type: 'SignInLocked', data: { scope, lockedAt: at, lockedUntil } }]
}

/**
 * What counts at a time: failures of the window, which stands still while it is locked, so that the
 * first failure after a lock locks again. A window without any begins anew.
 */
function stillCounting(state: LockoutState, now: number): LockoutState {
  const open = Math.max(0, now - state.lockedUntil)
  if (state.locks > 0) return open < failureWindowMs ? state : initialState
  return { ...state, failures: state.failures.filter((time) => now - time < failureWindowMs) }
}

/** Times kept: more change nothing, every failure beyond the limit locks. */
const failuresKeptMax = 100

function evolve(state: LockoutState, event: LockoutEvent): LockoutState {
  switch (event.type) {
    case 'SignInFailed': {
      const now = Date.parse(event.data.failedAt)
      const counted = stillCounting(state, now)
      return { ...counted, failures: [...counted.failures, now].slice(-failuresKeptMax) }
    }
    case 'SignInLocked':
      return {
        ...state,
        lockedUntil: Date.parse(event.data.lockedUntil),
        locks: state.locks + 1,
      }
    case 'SignInUnlocked':
      return initialState
  }
}
