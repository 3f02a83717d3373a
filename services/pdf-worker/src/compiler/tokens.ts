import { compileLimits, LimitError, type Budget } from './limits.ts'
import { formatted, plain, type TokenValue } from './token-format.ts'

export type TokenMap = ReadonlyMap<string, TokenValue>

/** What names stand for. */
export type Tokens = Pick<TokenMap, 'get'>

/** A part's own, and where it has none of that name, those of the page around it. */
export const ownBefore = (own: Tokens, others: Tokens): Tokens => ({
  get: (name) => own.get(name) ?? others.get(name),
})

/** What only the finished document tells. */
export interface PageNumbers {
  readonly page: number
  readonly totalPages: number
}

const token = /\{([A-Za-z0-9_]+)(?::([A-Za-z0-9._]+))?\}|@([A-Za-z0-9_]+)(?::([A-Za-z0-9._]+))?/g

/**
 * The first pass: `{name}`, `{name:format}`, `@name` and `@name:format`, each once, so that what a
 * value says is never read again. A format that does not fit gives the plain value; a name that
 * stands for nothing is kept as it was written.
 */
export function fillIn(text: string, tokens: Tokens, budget: Budget): string {
  if (!text.includes('{') && !text.includes('@')) return text
  let length = text.length
  const filled = text.replaceAll(
    token,
    (written: string, braced?: string, format?: string, bare?: string, bareFormat?: string) => {
      const value = tokens.get(braced ?? bare ?? '')
      if (value === undefined) return written
      const shown = shownAs(value, format ?? bareFormat)
      length += shown.length
      if (length > compileLimits.textLengthMax) throw tooLong()
      return shown
    },
  )
  budget.spend(filled.length)
  return filled
}

/**
 * The second pass, where text is drawn: `{page}` and `{total_pages}`; every other name in braces is
 * gone.
 */
export function fillInNumbers(text: string, { page, totalPages }: PageNumbers): string {
  if (!text.includes('{')) return text
  return text.replaceAll(
    /\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]*))?\}/g,
    (_, name: string, format?: string) => {
      const value = name === 'page' ? page : name === 'total_pages' ? totalPages : undefined
      if (value === undefined) return ''
      return format === undefined ? String(value) : (formatted(value, format) ?? '')
    },
  )
}

/** A text, a list of texts or a list of rows of them, filled in. Nothing reads deeper than rows. */
export function fillInAll(value: unknown, tokens: Tokens, budget: Budget, levels = 2): unknown {
  if (typeof value === 'string') return fillIn(value, tokens, budget)
  if (!Array.isArray(value)) return typeof value === 'object' ? null : value
  if (levels === 0) return null
  return value.map((each: unknown) => fillInAll(each, tokens, budget, levels - 1))
}

/** The text that a value is in a format, or plainly where the format does not fit. */
export const shownAs = (value: TokenValue, format: string | undefined) =>
  format === undefined ? plain(value) : (formatted(value, format) ?? plain(value))

const tooLong = () => new LimitError('too-much-text', compileLimits.textLengthMax)
