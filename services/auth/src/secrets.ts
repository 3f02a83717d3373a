import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** Keys derived from AUTH_SECRET, one for each purpose: what one signs, no other accepts. */
export interface Secrets {
  readonly claim: Buffer
  readonly lockout: Buffer
  readonly refreshToken: Buffer
  readonly resetToken: Buffer
  readonly signingKeySeal: Buffer
}

const keyBytes = 32

/** `secret`: 32 bytes in base64url. Throws for anything else. */
export function deriveSecrets(secret: string): Secrets {
  const root = Buffer.from(secret, 'base64url')
  if (root.length !== keyBytes) throw new Error('AUTH_SECRET must be 32 bytes in base64url')
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', root, '', `atrium/auth/${purpose}`, keyBytes))
  return {
    claim: derive('claim'),
    lockout: derive('lockout'),
    refreshToken: derive('refresh-token'),
    resetToken: derive('reset-token'),
    signingKeySeal: derive('signing-key-seal'),
  }
}

export const keyedDigest = (key: Buffer, ...parts: readonly string[]) =>
  createHmac('sha256', key).update(parts.join('\n')).digest()

export const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Whether text is this digest in base64url, in a time that does not depend on where it differs. */
export function isDigest(text: string, digest: Buffer): boolean {
  const given = Buffer.from(text, 'base64url')
  return given.length === digest.length && timingSafeEqual(given, digest)
}
