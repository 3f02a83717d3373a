import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { lockedForMs, lockout, type LockoutEvent } from './lockout.ts'

const given = createGiven(lockout)
const minute = 60_000
const start = Date.parse('2026-01-01T00:00:00.000Z')
const after = (ms: number) => new Date(start + ms).toISOString()
const fail = (ms: number) =>
  ({ type: 'RecordFailure', scope: 'account', failuresMax: 10, at: after(ms) }) as const

/** What failures at these times lead to, one after the other. */
const failuresAt = (times: readonly number[], history: readonly LockoutEvent[] = []) =>
  times.reduce<readonly LockoutEvent[]>(
    (events, time) => [...events, ...given(...events).when(fail(time)).events],
    history,
  )
const nine = Array.from({ length: 9 }, (_, index) => index * 1_000)
const locksOf = (events: readonly LockoutEvent[]) =>
  events.flatMap((event) =>
    event.type === 'SignInLocked'
      ? [Date.parse(event.data.lockedUntil) - Date.parse(event.data.lockedAt)]
      : [],
  )

describe('a lockout', () => {
  it('lets nine failures pass and locks for a minute at the tenth', () => {
    expect(locksOf(failuresAt(nine))).toEqual([])
    const events = failuresAt([...nine, 10_000])
    expect(locksOf(events)).toEqual([minute])
    const { state } = given(...events)
    expect(lockedForMs(state, after(20_000))).toBe(50_000)
    expect(lockedForMs(state, after(10_000 + minute))).toBe(0)
  })

  it('forgets failures that are older than a quarter of an hour', () => {
    const events = failuresAt([...nine, 15 * minute, 15 * minute + 8_000])
    expect(locksOf(events)).toEqual([])
  })

  it('counts nothing while it is locked', () => {
    const locked = failuresAt([...nine, 10_000])
    expect(given(...locked).when(fail(20_000)).events).toEqual([])
  })

  it('locks again at the first failure after a lock, for twice as long, up to an hour', () => {
    let events = failuresAt([...nine, 10_000])
    for (let round = 0; round < 8; round += 1) {
      const { lockedUntil } = given(...events).state
      events = failuresAt([lockedUntil - start + 1_000], events)
    }
    const minutes = locksOf(events).map((ms) => ms / minute)
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it('begins anew after a quarter of an hour without a failure', () => {
    const locked = failuresAt([...nine, 10_000])
    const { lockedUntil } = given(...locked).state
    const later = failuresAt([lockedUntil - start + 15 * minute], locked)
    expect(locksOf(later)).toEqual([minute])
    expect(given(...later).state).toMatchObject({ locks: 0, failures: { length: 1 } })
  })

  it('is opened where something was counted', () => {
    const open = { type: 'OpenLock', scope: 'account', at: after(20_000) } as const
    expect(given().when(open).events).toEqual([])
    const locked = failuresAt([...nine, 10_000])
    const { events } = given(...locked).when(open)
    expect(events).toEqual([
      { type: 'SignInUnlocked', data: { scope: 'account', unlockedAt: after(20_000) } },
    ])
    expect(lockedForMs(given(...locked, ...events).state, after(20_000))).toBe(0)
  })
})
