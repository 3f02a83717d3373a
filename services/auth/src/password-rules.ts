import { dictionary } from '@zxcvbn-ts/language-common'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * Which passwords are good enough, after NIST SP 800-63B (5.1.1.2): length, a list of common ones,
 * nothing that the account itself gives away, and no rules about kinds of characters.
 */

export const passwordLengthMin = 10
const differentCharactersMin = 5

/** What the account gives away. */
export interface Known {
  readonly email?: string | undefined
  readonly username?: string | null | undefined
  readonly name?: string | null | undefined
}

export type Weakness = 'too-short' | 'common' | 'too-uniform' | 'equals-account'

const details: Record<Weakness, string> = {
  'too-short': `A password has at least ${passwordLengthMin} characters.`,
  common: 'This password is among the most common ones.',
  'too-uniform': `A password has at least ${differentCharactersMin} different characters.`,
  'equals-account': 'The password must not be the e-mail address, the user name or the name.',
}

const common: ReadonlySet<string> = new Set(dictionary['passwords-common'])

/** Refuses as password-too-weak, saying why at `pointer`. */
export function requireStrong(password: string, known: Known, pointer: string) {
  const weakness = weaknessOf(password, known)
  if (weakness === undefined) return
  throw new Rejection('password-too-weak', {
    errors: [{ pointer, code: weakness, detail: details[weakness] }],
  })
}

export function weaknessOf(password: string, known: Known): Weakness | undefined {
  const characters = Array.from(password)
  if (characters.length < passwordLengthMin) return 'too-short'
  const lower = password.toLowerCase()
  if (new Set(lower).size < differentCharactersMin) return 'too-uniform'
  if (common.has(lower) || common.has(Array.from(lower).toReversed().join(''))) return 'common'
  const given = [known.email, known.email?.split('@')[0], known.username, known.name]
  const same = given.some((value) => value?.trim().toLowerCase() === lower.trim())
  return same ? 'equals-account' : undefined
}
