import { Type, type TSchema } from 'typebox'
import { plannerLimits } from './limits.ts'

/*
 * Fields of widgets. Editors have always sent numbers as text, and empty text or null for "as
 * usual": a field reads whatever comes, and what it cannot read is its default. Each says both what
 * may be sent and what it means, so that schema and meaning cannot drift.
 */

export interface Field<Value> {
  /** What may be sent. */
  readonly schema: TSchema
  /** Older spellings, which count where the field itself is empty. */
  readonly aliases: readonly string[]
  readonly read: (given: unknown) => Value
  /** What is wrong with a value that is neither empty nor still to be filled in by tokens. */
  readonly fault?: (given: unknown) => FieldFault | undefined
}

export interface FieldFault {
  readonly code: string
  readonly detail: string
}

export type Fields = Readonly<Record<string, Field<unknown>>>

export type ValuesOf<Declared extends Fields> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Field<infer Value> ? Value : never
}

export type RawFields = Readonly<Record<string, unknown>>

/** Absent, null and empty text all say "as usual". */
export const isEmpty = (given: unknown) => given === undefined || given === null || given === ''

export function readFields<Declared extends Fields>(declared: Declared, raw: RawFields) {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(declared))
    values[name] = field.read(sentFor(field, name, raw))
  return values as ValuesOf<Declared>
}

/** What was sent for a field, under whichever of its names. */
export function sentFor(field: Field<unknown>, name: string, raw: RawFields): unknown {
  const spelling = [name, ...field.aliases].find((each) => !isEmpty(own(raw, each)))
  return spelling === undefined ? undefined : own(raw, spelling)
}

/** A member of its own: `constructor` is none. */
export const own = (raw: RawFields, name: string): unknown =>
  Object.hasOwn(raw, name) ? raw[name] : undefined

export interface Range {
  readonly minimum?: number
  readonly maximum?: number
  readonly aliases?: readonly string[]
}

/** A number within its range; null by default says that nothing was given. */
export function number<Default extends number | null>(
  fallback: Default,
  { minimum = -Infinity, maximum = Infinity, aliases = [] }: Range = {},
): Field<number | Default> {
  const bounds = [
    ...(minimum === -Infinity ? [] : [`at least ${minimum}`]),
    ...(maximum === Infinity ? [] : [`at most ${maximum}`]),
  ]
  return {
    schema: Type.Union([Type.Number(), Type.String(), Type.Null()], {
      ...(fallback === null ? {} : { default: fallback }),
      ...(bounds.length === 0 ? {} : { description: `Brought to ${bounds.join(', ')}.` }),
    }),
    aliases,
    read(value) {
      const parsed = numberFrom(value)
      return parsed === undefined ? fallback : Math.min(maximum, Math.max(minimum, parsed))
    },
  }
}

export function integer<Default extends number | null>(
  fallback: Default,
  range: Range = {},
): Field<number | Default> {
  const field = number(fallback, range)
  return {
    ...field,
    read(value) {
      const read = field.read(value)
      return typeof read === 'number' ? Math.trunc(read) : read
    },
  }
}

/** A finite number, also written as text; undefined for anything else. */
export function numberFrom(value: unknown): number | undefined {
  const isText = typeof value === 'string' && value.trim() !== ''
  const parsed = isText ? Number(value) : value
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined
}

export function flag<Default extends boolean | null>(fallback: Default): Field<boolean | Default> {
  return {
    schema: Type.Union(
      [Type.Boolean(), Type.Number(), Type.String(), Type.Null()],
      fallback === null ? {} : { default: fallback },
    ),
    aliases: [],
    read(value) {
      const word = String(value).trim().toLowerCase()
      if (['true', '1', 'yes', 'on'].includes(word)) return true
      return ['false', '0', 'no', 'off'].includes(word) ? false : fallback
    },
  }
}

/** One of some words, without regard to case; `former` are other words for one of them. */
export function choice<const Word extends string>(
  words: readonly Word[],
  fallback: Word,
  former: Readonly<Record<string, Word>> = {},
): Field<Word> {
  return {
    schema: Type.Union([Type.String(), Type.Number(), Type.Null()], {
      default: fallback,
      description: `One of ${words.join(', ')}.`,
    }),
    aliases: [],
    read(value) {
      if (typeof value !== 'string' && typeof value !== 'number') return fallback
      const word = String(value).trim().toLowerCase()
      return (
        words.find((each) => each === word) ?? (own(former, word) as Word | undefined) ?? fallback
      )
    },
  }
}

export function text(fallback = '', aliases: readonly string[] = []): Field<string> {
  return {
    schema: Type.Union(
      [
        Type.String({ maxLength: plannerLimits.textLengthMax }),
        Type.Number(),
        Type.Boolean(),
        Type.Null(),
      ],
      fallback === '' ? {} : { default: fallback },
    ),
    aliases,
    read: (value) => textFrom(value) ?? fallback,
    fault: tooLong,
  }
}

/** Text, or a number or truth value as text; undefined for anything else. */
export function textFrom(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function tooLong(value: unknown): FieldFault | undefined {
  const { textLengthMax } = plannerLimits
  if (typeof value !== 'string' || value.length <= textLengthMax) return undefined
  return { code: 'too-long', detail: `must have at most ${textLengthMax} characters` }
}

const hexColor = /^#[0-9A-Fa-f]{6}$/
const wrongColor = { code: 'wrong-format', detail: 'must be a colour, written #RRGGBB' }

/** The colour of text: `#RRGGBB` and nothing else. */
export function textColor(fallback: string, aliases: readonly string[] = []): Field<string> {
  return {
    schema: Type.Union([Type.String(), Type.Null()], { default: fallback, description: '#RRGGBB' }),
    aliases,
    read: (value) => (typeof value === 'string' && hexColor.test(value) ? value : fallback),
    fault: (value) => (typeof value === 'string' && hexColor.test(value) ? undefined : wrongColor),
  }
}

/**
 * The colour of a fill or stroke. A missing `#` is forgiven; `none` and `transparent` are null:
 * nothing is drawn.
 */
export function shapeColor<Default extends string | null | undefined>(
  fallback: Default,
  aliases: readonly string[] = [],
): Field<string | null | Default> {
  return {
    schema: Type.Union([Type.String(), Type.Null()], {
      ...(typeof fallback === 'string' ? { default: fallback } : {}),
      description: '#RRGGBB, none or transparent',
    }),
    aliases,
    read(value) {
      const color = shapeColorFrom(value)
      return color === undefined ? fallback : color
    },
    fault: (value) => (shapeColorFrom(value) === undefined ? wrongColor : undefined),
  }
}

/** Null for none, undefined for what is no colour. */
function shapeColorFrom(value: unknown): string | null | undefined {
  if (typeof value !== 'string') return undefined
  if (['none', 'transparent'].includes(value.trim().toLowerCase())) return null
  const color = value.startsWith('#') ? value : `#${value}`
  return hexColor.test(color) ? color : undefined
}

/** A list of texts; what is none among them is empty text. */
export const texts: Field<readonly string[]> = {
  schema: Type.Union([
    Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
      maxItems: plannerLimits.listItemsMax,
    }),
    Type.Null(),
  ]),
  aliases: [],
  read: (value) => (Array.isArray(value) ? value.map((each) => textFrom(each) ?? '') : []),
  fault: listFault,
}

/** A list of numbers; what is none among them is left out. */
export const numbers: Field<readonly number[]> = {
  schema: Type.Union([
    Type.Array(Type.Union([Type.Number(), Type.String(), Type.Null()]), {
      maxItems: plannerLimits.listItemsMax,
    }),
    Type.Null(),
  ]),
  aliases: [],
  read: (value) =>
    Array.isArray(value) ? value.flatMap((each: unknown) => numberFrom(each) ?? []) : [],
  fault: listFault,
}

/** Rows of texts, trimmed. */
export const rowsOfTexts: Field<readonly (readonly string[])[]> = {
  schema: Type.Union([
    Type.Array(texts.schema, { maxItems: plannerLimits.tableRowsMax + 1 }),
    Type.Null(),
  ]),
  aliases: [],
  read: (value) =>
    Array.isArray(value)
      ? value.map((row: unknown) => texts.read(row).map((each) => each.trim()))
      : [],
  fault: listFault,
}

function listFault(value: unknown): FieldFault | undefined {
  if (!Array.isArray(value)) return undefined
  return itemsFault(value) ?? firstFault(value, (each) => itemsFault(each) ?? tooLong(each))
}

/** Of the list and the texts in it, not of lists within it: nothing reads deeper than rows. */
function itemsFault(value: unknown): FieldFault | undefined {
  if (!Array.isArray(value)) return undefined
  const { listItemsMax } = plannerLimits
  if (value.length > listItemsMax) {
    return { code: 'too-many', detail: `must have at most ${listItemsMax} items` }
  }
  return firstFault(value, tooLong)
}

function firstFault(
  values: readonly unknown[],
  faultOf: (value: unknown) => FieldFault | undefined,
): FieldFault | undefined {
  for (const value of values) {
    const fault = faultOf(value)
    if (fault) return fault
  }
  return undefined
}
