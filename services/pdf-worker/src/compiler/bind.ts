import { bindCall, destinationName } from '@atrium/contracts/planner/bind.ts'
import type { Budget } from './limits.ts'
import { fillIn, shownAs, type Tokens } from './tokens.ts'

/**
 * Where a link leads, by name. `outside`: to a date that the plan does not have, which is no fault.
 * `invalid`: what came of it can name nothing.
 */
export type DestinationName =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'outside' }
  | { readonly kind: 'invalid'; readonly text: string }

/**
 * A bind with its tokens filled in: `name(argument)` is `name:argument`, `notes(7)` is
 * `notes:page:007`, `@name` and plain text are what they say. `+n` and `-n` behind a token count
 * from its value.
 */
export function destinationOfBind(bind: string, tokens: Tokens, budget: Budget): DestinationName {
  if (hasNoNeighbour(bind, tokens)) return outside
  const filled = fillInWithArithmetic(bind.trim(), tokens)
  budget.spend(filled.length)
  const call = bindCall.exec(filled)
  if (!call) return destinationOf(filled)
  const [, name = '', argument = '', part] = call
  const isPage = name.toLowerCase() === 'notes' && /^\d+$/.test(argument.trim())
  const value = isPage ? `page:${argument.trim().padStart(3, '0')}` : argument.trim()
  return destinationOf(`${name}:${value}${part === undefined ? '' : `#${part}`}`)
}

/** A text that names a destination, its tokens filled in. */
export const destinationOfText = (text: string, tokens: Tokens, budget: Budget) =>
  hasNoNeighbour(text, tokens) ? outside : destinationOf(fillIn(text, tokens, budget))

/**
 * Whether it names the one before the first or after the last, of dates or of a counter: like a
 * date that the plan does not have.
 */
function hasNoNeighbour(text: string, tokens: Tokens): boolean {
  const names = [...text.matchAll(/[{@]([A-Za-z0-9_]+)_(prev|next)\b/g)]
  return names.some(([, name = '', side = '']) => {
    const neighbour = tokens.get(`${name}_${side}`)
    return neighbour === '' || (neighbour === undefined && tokens.get(name) !== undefined)
  })
}

/** Templates of cells are plain text unless they are written like a bind. */
export const isBindCall = (template: string) => /^[A-Za-z0-9_]+\(.*\)/.test(template.trim())

const outside = { kind: 'outside' } as const

/** Names compare without regard to case. What is empty, or ends in `:`, had no date to name. */
export function destinationOf(text: string): DestinationName {
  const name = text.trim().toLowerCase()
  if (name === '' || name.endsWith(':') || name.includes(':#')) return outside
  return destinationName.test(name) ? { kind: 'name', name } : { kind: 'invalid', text }
}

const namePart = '([A-Za-z0-9_]+)'
const formatPart = '(?::([A-Za-z0-9._]+))?'
const token = String.raw`\{${namePart}${formatPart}\}|@${namePart}${formatPart}`
const arithmetic = String.raw`([+-])(\d+)${formatPart}`
const calculated = new RegExp(`(?:${token})(${arithmetic})?`, 'g')

function fillInWithArithmetic(bind: string, tokens: Tokens): string {
  return bind.replaceAll(calculated, (written: string, ...groups: readonly unknown[]) => {
    const [braced, inBraces, bare, behind, tail = '', ...steps] = groups as readonly Part[]
    const name = braced ?? bare ?? ''
    const format = inBraces ?? behind
    const value = tokens.get(name)
    if (value === undefined) return written
    const [sign, amount = '', lastFormat] = steps
    if (sign === undefined || isPartOfDate(name, tail)) return shownAs(value, format) + tail
    const number = Number(value)
    if (!Number.isFinite(number)) return shownAs(value, format) + tail
    return shownAs(number + Number(`${sign}${amount}`), lastFormat ?? format)
  })
}

type Part = string | undefined

/** `@year-05` and `@month_padded-15` go on with a date; nothing is taken away from them. */
const isPartOfDate = (name: string, tail: string) =>
  /^-\d\d$/.test(tail) && /^(year|month)(_|$)/.test(name)
