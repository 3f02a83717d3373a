import { catalog } from '@atrium/contracts/catalog.ts'
import { personalFields } from '@atrium/contracts/event.ts'

/**
 * Keeps credentials and personal data out of what is logged: by the name of the field (every field
 * that contracts marks as personal, and the usual names of credentials) and, in any text, by look
 * (e-mail addresses, JSON Web Tokens, bearer and basic credentials, passwords in URLs).
 */

const credentialFields = [
  'authorization',
  'cookie',
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'refreshTokenHash',
  'secret',
  'body',
  'identifier',
]

// Lower case, since headers are.
const hiddenFields = new Set(
  [
    ...credentialFields,
    ...Object.values(catalog)
      .flat()
      .flatMap(({ data }) => personalFields(data).map(({ field }) => field)),
  ].map((field) => field.toLowerCase()),
)

const hidden = '[hidden]'

const looks: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, hidden],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${hidden}`],
  [/(\w:\/\/)[^\s/@]+@/g, `$1${hidden}@`],
  [/[^\s"'<>(),;:=@]+@[^\s"'<>(),;:=@]+\.[a-z]{2,}/gi, hidden],
]

/** Text without what looks like a credential or an address of a person. */
export const scrubText = (text: string): string =>
  looks.reduce((current, [look, replacement]) => current.replace(look, replacement), text)

/** Deeper values are left out: a log line is not a place for documents. */
const depthMax = 4
const itemsMax = 100

/** A copy fit for the log. Errors become what `describeError` says. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if (value instanceof Date) return value.toJSON()
  if (depth >= depthMax) return '[deeper]'
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => scrub(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, itemsMax)
      .map(([key, item]) => [
        key,
        hiddenFields.has(key.toLowerCase()) ? hidden : scrub(item, depth + 1),
      ]),
  )
}

/** Causes told of an error. */
const causesMax = 5

/**
 * What is told of an error: its kind, code, message, stack and causes. PostgreSQL's messages about
 * data and JSON's about syntax quote the data itself, so of those only the code and the place are
 * told.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: `a thrown ${typeof error}` }
  const { code, table, constraint, severity } = error as Error & Readonly<Record<string, unknown>>
  const quotesData =
    error instanceof SyntaxError ||
    (typeof severity === 'string' && typeof code === 'string' && !code.startsWith('42'))
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    message: quotesData ? hidden : scrubText(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof table === 'string' ? { table } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    stack: frames.map((line) => line.trim()).join('\n'),
    ...(error.cause !== undefined && depth < causesMax
      ? { cause: describeError(error.cause, depth + 1) }
      : {}),
  }
}
