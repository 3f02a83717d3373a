import { rateClasses, type RateClass } from '@atrium/contracts/route.ts'
import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/** Whose requests a policy counts together, in the order in which they are counted. */
export const scopes = ['address', 'user', 'tenant'] as const
export type Scope = (typeof scopes)[number]

const Allowance = Type.Object(
  {
    limit: Type.Integer({ minimum: 1 }),
    windowSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  { additionalProperties: false },
)
type Allowance = Static<typeof Allowance>

/** What configuration may replace: any allowance of any class and scope. */
export type RateLimits = Partial<Record<RateClass, Partial<Record<Scope, Allowance>>>>

const optional = <Name extends string, Schema extends TSchema>(
  names: readonly Name[],
  schema: Schema,
) =>
  Type.Object(Object.fromEntries(names.map((name) => [name, Type.Optional(schema)])), {
    additionalProperties: false,
  })

const isRateLimits = Compile(optional(rateClasses, optional(scopes, Allowance)))

/** Reads configuration's JSON. Throws an error that says what is wrong with it. */
export function readRateLimits(text: string): RateLimits {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (error) {
    throw new Error('RATE_LIMITS is not JSON', { cause: error })
  }
  if (isRateLimits.Check(given)) return given
  const faults = [...isRateLimits.Errors(given)].map(
    (fault) => `${fault.instancePath} ${fault.message}`,
  )
  throw new Error(`RATE_LIMITS: ${faults.join('; ')}`)
}

/**
 * One limit: its name in the fields and in the problem, requests, and the window in milliseconds.
 */
export interface Policy {
  readonly name: string
  readonly scope: Scope
  readonly limit: number
  readonly windowMs: number
}

export type Policies = Readonly<Record<RateClass, readonly Policy[]>>

const perMinute = (limit: number): Allowance => ({ limit, windowSeconds: 60 })
const perHour = (limit: number): Allowance => ({ limit, windowSeconds: 3_600 })

// Many people share an address (offices, mobile carriers), so an address may do more than a user.
const defaults: Record<RateClass, Record<Scope, Allowance>> = {
  read: { address: perMinute(3_000), user: perMinute(1_200), tenant: perMinute(60_000) },
  write: { address: perMinute(1_200), user: perMinute(300), tenant: perMinute(12_000) },
  credentials: { address: perMinute(60), user: perMinute(30), tenant: perMinute(3_000) },
  registration: { address: perHour(100), user: perHour(100), tenant: perHour(10_000) },
  mail: { address: perHour(30), user: perHour(30), tenant: perHour(3_000) },
  stream: { address: perMinute(300), user: perMinute(60), tenant: perMinute(6_000) },
  upload: { address: perMinute(200), user: perMinute(20), tenant: perMinute(2_000) },
  // Pieces of an upload may be small, and a client of tus takes 429 for the end.
  'upload-piece': {
    address: perMinute(3_000),
    user: perMinute(1_200),
    tenant: perMinute(60_000),
  },
  render: { address: perMinute(100), user: perMinute(10), tenant: perMinute(1_000) },
  preview: { address: perMinute(300), user: perMinute(30), tenant: perMinute(3_000) },
  'project-create': { address: perMinute(300), user: perMinute(30), tenant: perMinute(3_000) },
}

/** The policies in force: the defaults, what configuration replaces, all limits times `scale`. */
export function policiesFrom(given: RateLimits, scale: number): Policies {
  const policiesOf = (rateClass: RateClass) =>
    scopes.map((scope): Policy => {
      const { limit, windowSeconds } = given[rateClass]?.[scope] ?? defaults[rateClass][scope]
      return {
        name: `${rateClass}-${scope}`,
        scope,
        limit: Math.max(1, Math.floor(limit * scale)),
        windowMs: windowSeconds * 1_000,
      }
    })
  const entries = rateClasses.map((rateClass) => [rateClass, policiesOf(rateClass)])
  return Object.fromEntries(entries) as Policies
}
