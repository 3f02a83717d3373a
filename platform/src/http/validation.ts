import type { FieldError } from '@atrium/contracts/problem.ts'
import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import addFormatsModule from 'ajv-formats'
import { Rejection } from '../rejection.ts'
import { escapePointer, faultsMax, textFaults } from './body.ts'

/** The parts of a request that contracts describe. Coercion and defaults are written into them. */
export interface RequestParts {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  /** Of the body: some have a schema of their own. */
  readonly mediaType?: string | undefined
}

/**
 * Throws Rejection `validation-failed` with every fault of all parts; `malformed-body` where a body
 * is missing; `not-found` where only the path is at fault, since an id of another form names
 * nothing.
 */
export type CheckRequest = (parts: RequestParts) => void

export interface Validation {
  forRoute(route: RouteDefinition): CheckRequest
}

// The module's types describe its CommonJS default export, which node gives as the module itself.
const addFormats = addFormatsModule.default

/** Bodies are taken as they are; query and params, being text, become what the schema says. */
export function createValidation(): Validation {
  const asGiven = createCompiler({})
  const fromText = createCompiler({ coerceTypes: true })

  return {
    forRoute(route) {
      const checkParams = fromText(route.params, '')
      const checkQuery = fromText(route.query, '/query')
      // Of a stream the schema only describes the form: nobody has parsed it.
      const checkJson = asGiven(route.bodyKind === 'stream' ? undefined : route.body, '')
      const checkOthers = Object.entries(route.bodySchemas ?? {}).map(
        ([mediaType, schema]) => [mediaType, asGiven(schema, '')] as const,
      )
      const others = new Map(checkOthers)

      return ({ params, query, body, mediaType = '' }) => {
        const checkBody = others.get(mediaType) ?? checkJson
        if (checkBody && body === undefined) throw new Rejection('malformed-body')
        const errors = [
          ...textFaults(query, '/query'), // a body's were told when it was parsed
          ...(checkQuery?.(query) ?? []),
          ...(checkBody?.(body) ?? []),
        ]
        if (errors.length > 0) {
          throw new Rejection('validation-failed', { errors: errors.slice(0, faultsMax) })
        }
        // An id of whatever form names nothing that is: never a hint at what form would.
        const strange = textFaults(params, '').length > 0
        if (strange || (checkParams?.(params).length ?? 0) > 0) throw new Rejection('not-found')
      }
    },
  }
}

/** The faults of a value; none where it is as the schema says. */
type Check = (value: unknown) => readonly FieldError[]

/** Of larger ones the first fault is told: a fault in each of 500,000 values fills the memory. */
const thoroughValuesMax = 10_000

function createCompiler(options: Options) {
  const all = { useDefaults: true, strict: false, ...options }
  const brief = addFormats(new Ajv(all))
  const thorough = addFormats(new Ajv({ ...all, allErrors: true }))

  return (schema: object | undefined, prefix: string): Check | undefined => {
    if (!schema) return undefined
    const check = brief.compile(structuredClone(schema))
    let checkAll: ValidateFunction | undefined
    return (value) => {
      if (check(value)) return []
      const isLarge = valuesUpTo(value, thoroughValuesMax) > thoroughValuesMax
      if (isLarge) return faultsOf(check, prefix)
      checkAll ??= thorough.compile(structuredClone(schema))
      checkAll(value)
      return faultsOf(checkAll, prefix)
    }
  }
}

const faultsOf = ({ errors }: ValidateFunction, prefix: string) =>
  withoutBranches(errors ?? [])
    .slice(0, faultsMax)
    .map((error) => fieldErrorOf(error, prefix))

/** How many values there are, or something above the limit. */
function valuesUpTo(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const inner of Object.values(value)) {
    count += valuesUpTo(inner, limit - count)
    if (count > limit) break
  }
  return count
}

/**
 * A union that nothing matched is told once, not once per branch: by the rule that was broken where
 * one branch had the right type, else as the union itself. Its error follows those of its branches.
 */
export function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const kept: ErrorObject[] = []
  for (const error of errors) {
    const branches: ErrorObject[] = []
    if (error.keyword === 'anyOf') {
      for (let last = kept.at(-1); last && isBranch(last, error); last = kept.at(-1)) {
        branches.unshift(last)
        kept.pop()
      }
    }
    const nearest = branches.filter(({ keyword }) => !['type', 'const', 'anyOf'].includes(keyword))
    kept.push(...(nearest.length > 0 ? nearest : [error]))
  }
  return kept
}

const isBranch = (error: ErrorObject, union: ErrorObject) =>
  error.schemaPath.startsWith(`${union.schemaPath}/`) &&
  `${error.instancePath}/`.startsWith(`${union.instancePath}/`)

/** Fault codes by the rule of JSON Schema that is broken; what is not here is `invalid`. */
const faultCodes: Readonly<Record<string, string>> = {
  required: 'required',
  additionalProperties: 'unknown-field',
  type: 'wrong-type',
  minLength: 'too-short',
  maxLength: 'too-long',
  pattern: 'wrong-format',
  format: 'wrong-format',
  minimum: 'too-small',
  maximum: 'too-large',
  minItems: 'too-few',
  maxItems: 'too-many',
  minProperties: 'too-few',
  maxProperties: 'too-many',
  const: 'not-allowed',
  enum: 'not-allowed',
  anyOf: 'not-allowed',
}

/** Schema rules in words name the rule and its bound, never the value. */
function fieldErrorOf(error: ErrorObject, prefix: string): FieldError {
  const { missingProperty, additionalProperty } = error.params as Readonly<Record<string, string>>
  const field = missingProperty ?? additionalProperty
  const inside = field === undefined ? '' : `/${escapePointer(field)}`
  return {
    pointer: `${prefix}${error.instancePath}${inside}`,
    code: faultCodes[error.keyword] ?? 'invalid',
    detail: detailOf(error),
  }
}

function detailOf({ keyword, message }: ErrorObject): string {
  if (keyword === 'required') return 'is missing'
  if (keyword === 'additionalProperties') return 'is not a known field'
  if (keyword === 'anyOf') return 'is none of what is allowed here'
  if (keyword === 'pattern') return 'does not have the required form'
  return message ?? 'is not valid'
}
