import { describe, expect, it } from 'vitest'
import { createMemoryCounter } from './memory-counter.ts'
import { policiesFrom, readRateLimits, type Policy } from './policy.ts'
import { standingFieldOf } from './fields.ts'
import type { Standing } from './counter.ts'

const policy = (name: string, limit: number): Policy => ({
  name,
  scope: 'user',
  limit,
  windowMs: 1_000,
})
const meter = (key: string, limit = 2) => ({ policy: policy(key, limit), key })

const used = async (standings: readonly Standing[] | Promise<readonly Standing[]>) =>
  (await standings).map((standing) => standing.used)

describe('counting in memory', () => {
  it('begins a new window when the old one has ended', async () => {
    let now = 0
    const counter = createMemoryCounter({ now: () => now })
    expect(await used(counter.take([meter('a')]))).toEqual([1])
    now = 999
    expect(await used(counter.take([meter('a')]))).toEqual([2])
    now = 1_000
    expect(await used(counter.take([meter('a')]))).toEqual([1])
  })

  it('stops at the first meter that is over its limit', async () => {
    const counter = createMemoryCounter({ now: () => 0 })
    await counter.take([meter('a', 1), meter('b')])
    expect(await used(counter.take([meter('a', 1), meter('b')]))).toEqual([2])
    expect(await used(counter.take([meter('b')]))).toEqual([2])
  })

  it('forgets the meter that was idle longest when it holds too many', async () => {
    const counter = createMemoryCounter({ countsMax: 2, now: () => 0 })
    await counter.take([meter('busy')])
    await counter.take([meter('idle')])
    await counter.take([meter('busy')])
    await counter.take([meter('new')])
    expect(await used(counter.take([meter('busy')]))).toEqual([3])
    expect(await used(counter.take([meter('idle')]))).toEqual([1])
  })
})

describe('limits by configuration', () => {
  it('replaces single allowances and scales all of them', () => {
    const given = readRateLimits('{"read":{"user":{"limit":10,"windowSeconds":5}}}')
    const [address, user] = policiesFrom(given, 2).read
    expect(user).toEqual({ name: 'read-user', scope: 'user', limit: 20, windowMs: 5_000 })
    expect(address?.limit).toBe(6_000)
  })

  it('says what is wrong with it', () => {
    expect(() => readRateLimits('nonsense')).toThrow('RATE_LIMITS is not JSON')
    expect(() => readRateLimits('{"reed":{}}')).toThrow('RATE_LIMITS')
    expect(() => readRateLimits('{"read":{"user":{"limit":0,"windowSeconds":1}}}')).toThrow(
      '/read/user/limit',
    )
  })
})

describe('the RateLimit field', () => {
  it('shows the limit of which the smallest share is left, with the time rounded up', () => {
    const standings = [
      { policy: policy('wide', 100), used: 10, resetsInMs: 500 },
      { policy: policy('narrow', 4), used: 3, resetsInMs: 1_001 },
    ]
    expect(standingFieldOf(standings)).toBe('"narrow";r=1;t=2')
  })
})
