import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { session, type SessionEvent } from './session.ts'

const given = createGiven(session)
const sessionId = `ses_${'1'.repeat(32)}`
const userId = `usr_${'2'.repeat(32)}`
const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`

const started: SessionEvent = {
  type: 'SessionStarted',
  data: {
    sessionId,
    userId,
    refreshTokenHash: 'one',
    deviceName: 'curl',
    startedAt: day(1),
    expiresAt: day(31),
  },
}
const rotated = (refreshTokenHash: string): SessionEvent => ({
  type: 'RefreshTokenRotated',
  data: { sessionId, userId, refreshTokenHash, rotatedAt: day(2), expiresAt: day(31) },
})
const revoked: SessionEvent = {
  type: 'SessionRevoked',
  data: { sessionId, userId, reason: 'logout', revokedAt: day(3) },
}
const refresh = (presentedHash: string, at = day(2)) =>
  ({
    type: 'RefreshSession',
    presentedHash,
    refreshTokenHash: 'two',
    expiresAt: day(31),
    at,
  }) as const
const end = (by = userId) =>
  ({ type: 'EndSession', userId: by, reason: 'revoked', at: day(3) }) as const

describe('a session', () => {
  it('starts once', () => {
    const start = {
      type: 'StartSession',
      sessionId,
      userId,
      refreshTokenHash: 'one',
      deviceName: 'curl',
      expiresAt: day(31),
      at: day(1),
    } as const
    expect(given().when(start).events).toEqual([started])
    expect(given(started).when(start).events).toEqual([])
  })

  it('exchanges its newest refresh token', () => {
    expect(given(started).when(refresh('one')).events).toEqual([rotated('two')])
    expect(given(started, rotated('two')).when(refresh('two')).events).toEqual([rotated('two')])
  })

  it('ends when a spent refresh token comes back', () => {
    const { events } = given(started, rotated('two')).when(refresh('one'))
    expect(events).toMatchObject([
      { type: 'SessionRevoked', data: { sessionId, userId, reason: 'refresh-token-reused' } },
    ])
  })

  it('refuses every token once it has ended or expired', () => {
    expect(given(started, revoked).when(refresh('one')).rejection?.code).toBe('session-revoked')
    const late = given(started).when(refresh('one', day(31)))
    expect(late.rejection?.code).toBe('session-revoked')
    expect(given().when(refresh('one')).rejection?.code).toBe('refresh-token-invalid')
  })

  it('stays ended, whatever is applied after its end', () => {
    expect(given(started, revoked, rotated('two')).state.status).toBe('ended')
  })

  it('is ended once, by its user alone', () => {
    expect(given(started).when(end()).events).toMatchObject([{ data: { reason: 'revoked' } }])
    expect(given(started, revoked).when(end()).events).toEqual([])
    for (const history of [[], [started], [started, revoked]]) {
      const outcome = given(...history).when(end(`usr_${'3'.repeat(32)}`))
      expect(outcome.rejection?.code).toBe('not-found')
    }
  })
})
