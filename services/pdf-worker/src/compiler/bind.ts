import { bindCall, destinationName } from '@atrium/contracts/planner/bind.ts'
import type { Budget } from './limits.ts'
import { shownAs, type Tokens } from './tokens.ts'

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
  const filled = fillInWithArithmetic(bind.trim(), tokens)
  budget.spend(filled.length)
  const call = bindCall.exec(filled)
  if (!call) return /^[A-Za-z0-9_]+\(\)/.test(filled) ? outside : destinationOf(filled)
  const [, name = '', argument = '', part] = call
  const isPage = name.toLowerCase() === 'notes' && /^\d+$/.test(argument.trim())
  const value = isPage ? `page:${argument.trim().padStart(3, '0')}` : argument.trim()
  return destinationOf(`${name}:${value}${part === undefined ? '' : `#${part}`}`)
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
    // A neighbour that a counter does not have is like a date that the plan does not have.
    if (value === undefined) return /_(prev|next)$/.test(name) ? '' : written
    const [sign, amount = '', lastFormat] = steps
    if (sign === undefined || isPartOfDate(name, tail)) return shownAs(value, format) + tail
    if (value === '') return ''
    const number = Number(value)
    if (!Number.isFinite(number)) return shownAs(value, format) + tail
    return shownAs(number + Number(`${sign}${amount}`), lastFormat ?? format)
  })
}

type Part = string | undefined

/** `@year-05` and `@month_padded-15` go on with a date; nothing is taken away from them. */
const isPartOfDate = (name: string, tail: string) =>
  /^-\d\d$/.test(tail) && /^(year|month)(_|$)/.test(name)
