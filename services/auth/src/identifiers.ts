import { domainToASCII } from 'node:url'
import { isReadableName } from '@atrium/platform/readable-name.ts'
import { invalid } from '@atrium/platform/rejection.ts'
import type { ClaimKind } from './claim.ts'

/*
 * How e-mail addresses and user names are compared. What a person typed is kept; what is compared
 * is Unicode-normalised (NFKC), without regard to case, and with the domain as the DNS knows it.
 */

/** RFC 5321, 4.5.3.1, in octets. */
const localPartBytesMax = 64
const addressBytesMax = 254
const usernameLengthMax = 64

/** Upper case first: it folds what has two lower forms (σ and ς) or none (ß and ss). */
const foldCase = (text: string) =>
  text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')

/** The comparable form, or undefined for text that is no address. */
export function normaliseEmail(typed: string): string | undefined {
  const folded = foldCase(typed.trim())
  const at = folded.lastIndexOf('@')
  const local = folded.slice(0, at)
  const domain = domainToASCII(folded.slice(at + 1))
  const wellFormed =
    at > 0 && !/[\s@\p{C}"(),:;<>[\\\]]/u.test(local) && !/^\.|\.\.|\.$/.test(local)
  const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{1,62}[a-z0-9]$/
  if (!wellFormed || !hostName.test(domain)) return undefined
  const address = `${local}@${domain}`
  const fits =
    Buffer.byteLength(local) <= localPartBytesMax && Buffer.byteLength(address) <= addressBytesMax
  return fits ? address : undefined
}

/**
 * The comparable form, or undefined for what is no user name: an @, white space, control
 * characters.
 */
export function normaliseUsername(typed: string): string | undefined {
  const folded = foldCase(typed)
  const wellFormed =
    folded !== '' && !/[\s@\p{C}\p{DI}]/u.test(folded) && !/[\s\p{C}\p{DI}]/u.test(typed)
  return wellFormed && folded.length <= usernameLengthMax ? folded : undefined
}

/** One value that must be unique, in its comparable form. */
export interface Identifier {
  readonly kind: ClaimKind
  readonly value: string
}

/** Refuses as validation-failed what is no address. */
export function emailFrom(typed: string, pointer = '/email'): Identifier {
  const value = normaliseEmail(typed)
  if (value !== undefined) return { kind: 'email', value }
  throw invalid({ pointer, code: 'email', detail: 'This is not an e-mail address.' })
}

/** Refuses as validation-failed what is no user name. */
export function usernameFrom(typed: string, pointer = '/username'): Identifier {
  const value = normaliseUsername(typed)
  if (value !== undefined) return { kind: 'username', value }
  throw invalid({
    pointer,
    code: 'username',
    detail: 'A user name has no @, no white space and no control characters.',
  })
}

/** The name that others see, trimmed. Refuses as validation-failed what nobody could read. */
export function personNameFrom(typed: string, pointer = '/name'): string {
  const name = typed.trim()
  if (isReadableName(name)) return name
  const detail = 'A name has something to see, on one line and without control characters.'
  throw invalid({ pointer, code: 'unreadable', detail })
}

/** What someone signs in with: with an @ an address, else a user name. Undefined for neither. */
export function identifierFrom(typed: string): Identifier | undefined {
  const kind = typed.normalize('NFKC').includes('@') ? 'email' : 'username'
  const value = kind === 'email' ? normaliseEmail(typed) : normaliseUsername(typed.trim())
  return value === undefined ? undefined : { kind, value }
}
