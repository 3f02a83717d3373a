import { hash, parseOptions, verify } from '@node-rs/argon2'
import { verify as verifyBcrypt } from '@node-rs/bcrypt'
import { createTurns } from '@atrium/platform/turns.ts'

/*
 * Argon2id as the OWASP Password Storage Cheat Sheet asks (19 MiB, 2 passes, 1 lane), off the event
 * loop, at most so many at once: each takes its memory, and a flood of sign-ins must not take all.
 */

export interface PasswordHashing {
  /** Refused as unavailable where too many wait. */
  hash(password: string): Promise<string>
  /** `hash` undefined stands for an account that is none: the same work, and never true. */
  verify(password: string, hash: string | undefined): Promise<boolean>
  /** Whether a hash is older than today's rules. */
  isOutdated(hash: string): boolean
}

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const waitingMaxDefault = 256

export async function createPasswordHashing({
  concurrency = 2,
  waitingMax = waitingMaxDefault,
} = {}): Promise<PasswordHashing> {
  const inTurn = createTurns({ parallelMax: concurrency, waitingMax })
  /** Of a password that nobody has: what an unknown identifier is compared with. */
  const nobody = await hash(crypto.randomUUID(), parameters)
  return {
    hash: (password) => inTurn(() => hash(password.normalize('NFKC'), parameters)),
    verify: (password, stored) => {
      const normal = password.normalize('NFKC')
      return inTurn(async () => {
        if (stored === undefined) {
          await verify(nobody, normal)
          return false
        }
        // A bcrypt hash was made of what was typed, byte for byte.
        return isBcrypt(stored) ? verifyBcrypt(password, stored) : verify(stored, normal)
      })
    },
    isOutdated: (stored) => {
      if (isBcrypt(stored)) return true
      const { memoryCost, timeCost, parallelism } = parseOptions(stored)
      return (
        memoryCost < parameters.memoryCost ||
        timeCost < parameters.timeCost ||
        parallelism !== parameters.parallelism
      )
    },
  }
}

const isBcrypt = (stored: string) => /^\$2[abxy]\$/.test(stored)
