import { describe, expect, it } from 'vitest'
import { unknownKeyCooldownMs } from '@atrium/platform/identity/access-token.ts'
import { jwksMaxAgeSeconds, leadMsOf, planRotation, reloadMsOf, signingAt } from './rotation.ts'
import { seal, unseal } from './seal.ts'

const hour = 3_600_000
const minute = 60_000
const times = { rotationMs: 24 * hour, tokenMs: 10 * minute }

describe('the rotation of keys', () => {
  it('makes the first key at once', () => {
    expect(planRotation([], 5, times)).toEqual({ signsFrom: 5, expired: [] })
  })

  it('publishes the next key before it signs', () => {
    const keys = [{ kid: 'a', signsFrom: 0 }]
    expect(planRotation(keys, 23 * hour, times).signsFrom).toBeUndefined()
    expect(planRotation(keys, 24 * hour - 10 * minute, times).signsFrom).toBe(24 * hour)
    const late = planRotation(keys, 48 * hour, times).signsFrom
    expect(late).toBe(48 * hour + 10 * minute)
  })

  it('keeps a key until the last token that it signed has expired', () => {
    const keys = [
      { kid: 'a', signsFrom: 0 },
      { kid: 'b', signsFrom: 24 * hour },
    ]
    expect(planRotation(keys, 24 * hour + 11 * minute, times).expired).toEqual([])
    expect(planRotation(keys, 24 * hour + 11 * minute + 1, times).expired).toEqual(['a'])
    expect(signingAt(keys, 24 * hour - 1)?.kid).toBe('a')
    expect(signingAt(keys, 24 * hour)?.kid).toBe('b')
  })

  it.each([16_000, 60_000, hour, 30 * 24 * hour])(
    'lets replicas and verifiers see a key in time, when keys live %i ms',
    (rotationMs) => {
      const each = { rotationMs, tokenMs: times.tokenMs }
      const seenAfterMs = Math.max(jwksMaxAgeSeconds(each) * 1_000, unknownKeyCooldownMs)
      expect(reloadMsOf(each) + seenAfterMs).toBeLessThan(leadMsOf(each))
    },
  )
})

it('what is sealed opens with its key and its name alone', () => {
  const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const sealed = seal('secret', 'kid', key)
  expect(sealed.toString('latin1')).not.toContain('secret')
  expect(unseal(sealed, 'kid', key)).toBe('secret')
  expect(() => unseal(sealed, 'kid', other)).toThrow('authenticate')
  expect(() => unseal(sealed, 'dik', key)).toThrow('authenticate')
})
