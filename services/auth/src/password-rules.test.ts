import { describe, expect, it } from 'vitest'
import { requireStrong, weaknessOf } from './password-rules.ts'

const known = { email: 'ada.lovelace@example.com', username: 'countess-of-l', name: 'Ada Lovelace' }

describe('a password', () => {
  it.each([
    ['nine char', 'too-short'],
    ['password123', 'common'],
    ['PASSWORD123', 'common'],
    ['1234567890', 'common'],
    ['0987654321', 'common'],
    ['qwertyuiop', 'common'],
    ['aaaaaaaaaaaa', 'too-uniform'],
    ['abababababab', 'too-uniform'],
    ['Ada.Lovelace@example.com', 'equals-account'],
    ['ada.lovelace', 'equals-account'],
    ['Countess-of-L', 'equals-account'],
    ['ada lovelace', 'equals-account'],
  ])('%j is too weak: %s', (password, weakness) => {
    expect(weaknessOf(password, known)).toBe(weakness)
  })

  it.each(['a long enough passphrase', 'tr0ub4dor&3x', '🌳🌲🌴🌵🌾🌿🍀🍁🍂🍃'])(
    '%j is good enough',
    (password) => {
      expect(weaknessOf(password, known)).toBeUndefined()
    },
  )

  it('is refused at the field that it came in', () => {
    expect(() => requireStrong('password123', known, '/newPassword')).toThrow(
      expect.objectContaining({
        code: 'password-too-weak',
        extensions: { errors: [expect.objectContaining({ pointer: '/newPassword' })] },
      }),
    )
  })
})
