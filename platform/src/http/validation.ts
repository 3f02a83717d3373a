import type { FieldError } from '@atrium/contracts/problem.ts'
import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
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
  const options = { allErrors: true, useDefaults: true, strict: false }
  const asGiven = addFormats(new Ajv(options))
  const fromText = addFormats(new Ajv({ ...options, coerceTypes: true }))
  const compile = (ajv: Ajv, schema: object | undefined) =>
    schema && ajv.compile(structuredClone(schema))

  return {
    forRoute(route) {
      const checkParams = compile(fromText, route.params)
      const checkQuery = compile(fromText, route.query)
      // Of a stream the schema only describes the form: nobody has parsed it.
      const checkJson = route.bodyKind === 'stream' ? undefined : compile(asGiven, route.body)
      const checkOthers = Object.entries(route.bodySchemas ?? {}).map(
        ([mediaType, schema]) => [mediaType, compile(asGiven, schema)] as const,
      )
      const others = new Map(checkOthers)

      return ({ params, query, body, mediaType = '' }) => {
        const checkBody = others.get(mediaType) ?? checkJson
        if (checkBody && body === undefined) throw new Rejection('malformed-body')
        const errors = [...faultsOf(checkQuery, query, '/query'), ...faultsOf(checkBody, body, '')]
        if (errors.length > 0) {
          throw new Rejection('validation-failed', { errors: errors.slice(0, faultsMax) })
        }
        // An id of whatever form names nothing that is: never a hint at what form would.
        const strange = textFaults(params, '').length > 0
        if (strange || (checkParams && !checkParams(params))) throw new Rejection('not-found')
      }
    },
  }
}

function faultsOf(check: ValidateFunction | undefined, value: unknown, prefix: string) {
  const faults = check ? textFaults(value, prefix) : []
  if (!check || check(value)) return faults
  const known = new Set(faults.map(({ pointer }) => pointer))
  for (const error of withoutBranches(check.errors ?? [])) {
    if (faults.length >= faultsMax) break
    const fault = fieldErrorOf(error, prefix)
    if (!known.has(fault.pointer)) faults.push(fault)
  }
  return faults
}

/**
 * A union that nothing matched is told once, not once per branch: by the rule that was broken where
 * one branch had the right type, else as the union itself.
 */
function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let kept = errors
  for (const union of errors.filter(({ keyword }) => keyword === 'anyOf')) {
    const isBranch = ({ schemaPath }: ErrorObject) => schemaPath.startsWith(`${union.schemaPath}/`)
    const nearest = errors.filter(
      (error) => isBranch(error) && !['type', 'const', 'anyOf'].includes(error.keyword),
    )
    kept = kept.filter((error) => !isBranch(error) || nearest.includes(error))
    if (nearest.length > 0) kept = kept.filter((error) => error !== union)
  }
  return kept
}

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
