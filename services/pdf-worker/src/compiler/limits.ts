/** What one document may grow to while it is compiled, beside the number of its pages. */
export const compileLimits = {
  /** Widgets on all pages together. */
  widgetsMax: 1_000_000,
  /** Widgets, and in them cells, rows and items, that were worked out: once where alike. */
  partsMax: 250_000,
  /** Links on all pages together. */
  linksMax: 200_000,
  /** Of one text with its tokens filled in. */
  textLengthMax: 100_000,
  /** Of all texts with tokens together. */
  textTotalMax: 20_000_000,
  /** Further findings are counted, not listed. */
  findingsMax: 200,
  /** A wider format gives the plain value. */
  formatWidthMax: 100,
} as const

export type CompileLimit =
  'too-many-pages' | 'too-many-widgets' | 'too-many-parts' | 'too-many-links' | 'too-much-text'

/** The document would grow beyond a limit: no mode of compilation makes it. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
  readonly code: CompileLimit
  readonly limit: number

  constructor(code: CompileLimit, limit: number) {
    super(`${code}: more than ${limit}`)
    this.code = code
    this.limit = limit
  }
}

/** Counts against a limit, together over the whole document. */
export interface Budget {
  spend(amount: number): void
}

export function createBudget(code: CompileLimit, limit: number): Budget {
  let spent = 0
  return {
    spend(amount) {
      spent += amount
      if (spent > limit) throw new LimitError(code, limit)
    },
  }
}
