import { isDigest, keyedDigest } from './secrets.ts'

/** What a mailed link names. It is derived from events and a key that only auth has. */
export interface ResetToken {
  readonly tenant: string
  readonly userId: string
  readonly resetId: string
}

export function encodeResetToken({ tenant, userId, resetId }: ResetToken, key: Buffer): string {
  const digest = keyedDigest(key, tenant, userId, resetId).toString('base64url')
  return Buffer.from(`${tenant}.${userId}.${resetId}.${digest}`).toString('base64url')
}

/** Undefined for text that was never mailed. */
export function decodeResetToken(text: string, key: Buffer): ResetToken | undefined {
  const parts = Buffer.from(text, 'base64url').toString('latin1').split('.')
  const [tenant = '', userId = '', resetId = '', digest = ''] = parts
  if (parts.length !== 4) return undefined
  return isDigest(digest, keyedDigest(key, tenant, userId, resetId))
    ? { tenant, userId, resetId }
    : undefined
}
