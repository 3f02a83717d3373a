import type * as contract from '@atrium/contracts/auth/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * A person's sign-in on one device, and the family of its refresh tokens: each is good once, and
 * one that comes back spent ends the session. There is no grace for a client that lost the answer:
 * it cannot be told from a thief, so it signs in again.
 */

export interface ActiveSession {
  readonly status: 'active'
  readonly id: string
  readonly userId: string
  readonly refreshTokenHash: string
  readonly expiresAt: string
}

export type SessionState =
  | { readonly status: 'unknown' }
  | ActiveSession
  | { readonly status: 'ended'; readonly userId: string }

export type SessionCommand = StartSession | RefreshSession | EndSession

export interface StartSession {
  readonly type: 'StartSession'
  readonly sessionId: string
  readonly userId: string
  readonly refreshTokenHash: string
  readonly deviceName: string
  readonly expiresAt: string
  readonly at: string
}

/**
 * Exchanges a token that this service did issue. One that is spent leads to SessionRevoked with the
 * reason refresh-token-reused, for the caller to refuse. Refused as session-revoked after the end.
 */
export interface RefreshSession {
  readonly type: 'RefreshSession'
  readonly presentedHash: string
  readonly refreshTokenHash: string
  readonly expiresAt: string
  readonly at: string
}

/** Nothing where it has ended; not-found where it never was or is not this user's. */
export interface EndSession {
  readonly type: 'EndSession'
  readonly userId: string
  readonly reason: EndReason
  readonly at: string
}

export type SessionEvent = EventOf<
  | typeof contract.sessionStarted
  | typeof contract.refreshTokenRotated
  | typeof contract.sessionRevoked
>

export type EndReason = contract.SessionRevoked['data']['reason']

export const session: Decider<SessionState, SessionCommand, SessionEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve,
}

function decide(command: SessionCommand, state: SessionState): readonly SessionEvent[] {
  switch (command.type) {
    case 'StartSession':
      return start(command, state)
    case 'RefreshSession':
      return refresh(command, state)
    case 'EndSession':
      return end(command, state)
  }
}

function start(command: StartSession, state: SessionState): readonly SessionEvent[] {
  if (state.status !== 'unknown') return []
  const { sessionId, userId, refreshTokenHash, deviceName, expiresAt, at } = command
  return [
    {
      type: 'SessionStarted',
      data: { sessionId, userId, refreshTokenHash, deviceName, startedAt: at, expiresAt },
    },
  ]
}

function refresh(command: RefreshSession, state: SessionState): readonly SessionEvent[] {
  const { presentedHash, refreshTokenHash, expiresAt, at } = command
  switch (state.status) {
    case 'unknown':
      throw new Rejection('refresh-token-invalid')
    case 'ended':
      throw new Rejection('session-revoked')
    case 'active': {
      if (Date.parse(at) >= Date.parse(state.expiresAt)) throw new Rejection('session-revoked')
      const { id: sessionId, userId } = state
      if (presentedHash !== state.refreshTokenHash) {
        return [revoked(state, 'refresh-token-reused', at)]
      }
      return [
        {
          type: 'RefreshTokenRotated',
          data: { sessionId, userId, refreshTokenHash, rotatedAt: at, expiresAt },
        },
      ]
    }
  }
}

function end(command: EndSession, state: SessionState): readonly SessionEvent[] {
  switch (state.status) {
    case 'unknown':
      throw new Rejection('not-found')
    case 'ended':
      if (state.userId !== command.userId) throw new Rejection('not-found')
      return []
    case 'active':
      if (state.userId !== command.userId) throw new Rejection('not-found')
      return [revoked(state, command.reason, command.at)]
  }
}

const revoked = (state: ActiveSession, reason: EndReason, at: string): SessionEvent => ({
  type: 'SessionRevoked',
  data: { sessionId: state.id, userId: state.userId, reason, revokedAt: at },
})

function evolve(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'SessionStarted':
    case 'RefreshTokenRotated': {
      const { sessionId, userId, refreshTokenHash, expiresAt } = event.data
      if (state.status === 'ended') return state
      return { status: 'active', id: sessionId, userId, refreshTokenHash, expiresAt }
    }
    case 'SessionRevoked':
      return { status: 'ended', userId: event.data.userId }
  }
}
