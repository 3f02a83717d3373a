import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** A key of the configuration, which wraps the data keys and seals nothing else. */
export interface MasterKey {
  /** Derived from the key: it says which one a data key was wrapped by, and nothing about it. */
  readonly id: string
  /** Of 32 bytes. `context` is what the result can be opened with again, and nothing else. */
  wrap(dataKey: Buffer, context: string): string
  /** Throws where it was wrapped otherwise. */
  unwrap(wrapped: string, context: string): Buffer
}

const nonceBytes = 12
const tagBytes = 16
const idDigits = 16

/** From 32 bytes in base64url. */
export function createMasterKey(text: string): MasterKey {
  const key = Buffer.from(text, 'base64url')
  if (key.length !== 32) throw new TypeError('A master key has 32 bytes')
  const id = createHash('sha256').update('atrium master key').update(key).digest('hex')
  return {
    id: id.slice(0, idDigits),
    wrap(dataKey, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const sealed = [cipher.update(dataKey), cipher.final()]
      return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString('base64url')
    },
    unwrap(wrapped, context) {
      const bytes = Buffer.from(wrapped, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes))
      const dataKey = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
      return Buffer.concat([dataKey, decipher.final()])
    },
  }
}
