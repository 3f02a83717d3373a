import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { claim, type ClaimEvent } from './claim.ts'

const given = createGiven(claim)
const at = '2026-01-01T00:00:00.000Z'
const claimedBy = (factStream: string): ClaimEvent => ({
  type: 'ValueClaimed',
  data: { kind: 'email', factStream, claimedAt: at },
})
const released = (factStream: string): ClaimEvent => ({
  type: 'ClaimReleased',
  data: { factStream, releasedAt: at },
})
const want = (factStream: string) =>
  ({ type: 'ClaimValue', kind: 'email', factStream, at }) as const
const takeOver = (from: string, factStream: string) =>
  ({ type: 'TakeOverClaim', kind: 'email', from, factStream, at }) as const
const release = (factStream: string) => ({ type: 'ReleaseClaim', factStream, at }) as const

describe('a claim', () => {
  it('is had by the first who wants it, and again after a release', () => {
    expect(given().when(want('a')).events).toEqual([claimedBy('a')])
    expect(given(claimedBy('a'), released('a')).when(want('b')).events).toEqual([claimedBy('b')])
  })

  it('is refused to anyone else, by the code of its kind', () => {
    expect(given(claimedBy('a')).when(want('b')).rejection?.code).toBe('email-taken')
    const username: ClaimEvent = {
      type: 'ValueClaimed',
      data: { kind: 'username', factStream: 'a', claimedAt: at },
    }
    expect(given(username).when(want('b')).rejection?.code).toBe('username-taken')
  })

  it('moves on by a revision when its owner claims it anew', () => {
    expect(given(claimedBy('a')).when(want('a')).events).toEqual([claimedBy('a')])
  })

  it('is taken over from the stream that was closed, by the first of two', () => {
    const history = [claimedBy('a')]
    expect(given(...history).when(takeOver('a', 'b')).events).toEqual([claimedBy('b')])
    const outcome = given(...history, claimedBy('b')).when(takeOver('a', 'c'))
    expect(outcome.rejection?.code).toBe('email-taken')
  })

  it('is taken over once by the same stream, and freely where it was released meanwhile', () => {
    expect(given(claimedBy('a'), claimedBy('b')).when(takeOver('a', 'b')).events).toEqual([])
    const freed = given(claimedBy('a'), released('a'))
    expect(freed.when(takeOver('a', 'b')).events).toEqual([claimedBy('b')])
  })

  it('is released by its owner alone', () => {
    expect(given(claimedBy('a')).when(release('a')).events).toEqual([released('a')])
    expect(given(claimedBy('a')).when(release('b')).events).toEqual([])
    expect(given().when(release('a')).events).toEqual([])
  })
})
