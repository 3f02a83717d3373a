import { randomBytes } from 'node:crypto'
import { isDigest, keyedDigest, sha256 } from './secrets.ts'

/**
 * A refresh token: opaque to clients. It names its session, so that no table of tokens is needed,
 * and carries a keyed digest, so that a token that we never issued is told from a spent one:
 * knowing a session's id is not enough to end it.
 */
export interface RefreshToken {
  readonly tenant: string
  readonly sessionId: string
  readonly secret: string
}

const secretBytes = 32

export const newRefreshToken = (tenant: string, sessionId: string): RefreshToken => ({
  tenant,
  sessionId,
  secret: randomBytes(secretBytes).toString('base64url'),
})

/** What the session keeps. */
export const hashOf = (token: RefreshToken) => sha256(token.secret)

export function encodeRefreshToken(token: RefreshToken, key: Buffer): string {
  const { tenant, sessionId, secret } = token
  const digest = keyedDigest(key, tenant, sessionId, secret).toString('base64url')
  return Buffer.from(`${tenant}.${sessionId}.${secret}.${digest}`).toString('base64url')
}

/** Undefined for text that was never issued with this key. */
export function decodeRefreshToken(text: string, key: Buffer): RefreshToken | undefined {
  const parts = Buffer.from(text, 'base64url').toString('latin1').split('.')
  const [tenant = '', sessionId = '', secret = '', digest = ''] = parts
  if (parts.length !== 4) return undefined
  return isDigest(digest, keyedDigest(key, tenant, sessionId, secret))
    ? { tenant, sessionId, secret }
    : undefined
}
