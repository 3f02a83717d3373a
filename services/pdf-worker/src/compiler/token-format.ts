import { compileLimits } from './limits.ts'

export type TokenValue = string | number

/**
 * A value in one of the formats that planners have always had, which are Python's: `02d`, `.2f`,
 * `10`, `.3s`. Undefined where the format, or the value for it, is none.
 */
export function formatted(value: TokenValue, format: string): string | undefined {
  const match = /^(0?)(\d*)(?:\.(\d+))?([dfs]?)$/.exec(format)
  if (!match) return undefined
  const [, zero = '', digits = '', precision, type = ''] = match
  const width = digits === '' ? 0 : Number(digits)
  const places = precision === undefined ? undefined : Number(precision)
  const { formatWidthMax } = compileLimits
  if (width > formatWidthMax || (places ?? 0) > formatWidthMax) return undefined
  if (type === 'd') return places === undefined ? integerIn(value, zero, width) : undefined
  if (type === 'f') return fixedIn(value, zero, width, places ?? 6)
  if (zero !== '') return undefined
  const text = plain(value)
  return (places === undefined ? text : Array.from(text).slice(0, places).join('')).padEnd(width)
}

/** Whole numbers without decimals, others without the noise of binary fractions. */
export function plain(value: TokenValue): string {
  if (typeof value === 'string' || Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(15)))
}

function integerIn(value: TokenValue, zero: string, width: number) {
  const number = numeric(value)
  return number === undefined ? undefined : padded(String(Math.trunc(number)), zero, width)
}

function fixedIn(value: TokenValue, zero: string, width: number, places: number) {
  const number = numeric(value)
  return number === undefined ? undefined : padded(number.toFixed(places), zero, width)
}

function numeric(value: TokenValue): number | undefined {
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) && Math.abs(number) < 1e15 ? number : undefined
}

function padded(text: string, zero: string, width: number) {
  if (zero === '') return text.padStart(width)
  const sign = text.startsWith('-') ? '-' : ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}
