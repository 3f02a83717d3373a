import { describe, expect, it } from 'vitest'
import { decodeRefreshToken, encodeRefreshToken, newRefreshToken } from './refresh-token.ts'
import { decodeResetToken, encodeResetToken } from './reset-token.ts'
import { deriveSecrets } from './secrets.ts'

const secrets = deriveSecrets(Buffer.alloc(32, 1).toString('base64url'))
const others = deriveSecrets(Buffer.alloc(32, 2).toString('base64url'))
const tampered = (text: string) => {
  const plain = Buffer.from(text, 'base64url').toString('latin1')
  return Buffer.from(plain.replace('acme', 'acne'), 'latin1').toString('base64url')
}

describe('a refresh token', () => {
  const sessionId = `ses_${'1'.repeat(32)}`
  const token = newRefreshToken('acme', sessionId)
  const text = encodeRefreshToken(token, secrets.refreshToken)

  it('names its session and fits into a request', () => {
    expect(decodeRefreshToken(text, secrets.refreshToken)).toEqual(token)
    const longest = newRefreshToken('t'.repeat(64), sessionId)
    expect(encodeRefreshToken(longest, secrets.refreshToken).length).toBeLessThan(512)
  })

  it('is nothing when it was tampered with, made with another key, or never one', () => {
    expect(decodeRefreshToken(tampered(text), secrets.refreshToken)).toBeUndefined()
    expect(decodeRefreshToken(text, others.refreshToken)).toBeUndefined()
    expect(decodeRefreshToken(text, secrets.resetToken)).toBeUndefined()
    expect(decodeRefreshToken('nonsense', secrets.refreshToken)).toBeUndefined()
  })
})

describe('a reset token', () => {
  const token = { tenant: 'acme', userId: `usr_${'1'.repeat(32)}`, resetId: 'rst_1' }
  const text = encodeResetToken(token, secrets.resetToken)

  it('names the account and the request, and nothing when it was tampered with', () => {
    expect(decodeResetToken(text, secrets.resetToken)).toEqual(token)
    expect(decodeResetToken(tampered(text), secrets.resetToken)).toBeUndefined()
    expect(decodeResetToken(text, others.resetToken)).toBeUndefined()
  })
})

it('a secret is 32 bytes or refused', () => {
  expect(() => deriveSecrets('c2hvcnQ')).toThrow('32 bytes')
})
