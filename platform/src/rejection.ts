import type { FieldError, ProblemCode } from '@atrium/contracts/problem.ts'

/**
 * An expected refusal, by a code of the problem table. The domain throws it, one handler of the
 * HTTP kit turns it into a problem. Anything else that is thrown is a fault.
 */
export class Rejection extends Error {
  override readonly name = 'Rejection'
  readonly code: ProblemCode
  /** Extension members of the problem; never personal data. */
  readonly extensions: Readonly<Record<string, unknown>>

  constructor(
    code: ProblemCode,
    extensions: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(code, options)
    this.code = code
    this.extensions = extensions
  }
}

/** A body that parses but breaks a rule that its schema cannot say. */
export const invalid = (...errors: readonly FieldError[]) =>
  new Rejection('validation-failed', { errors })
