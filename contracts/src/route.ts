import type { TObject, TSchema } from 'typebox'
import type { Context } from './context.ts'
import type { ProblemCode } from './problem.ts'

/**
 * What a route demands of its caller. `anyone`: no token. `user`: any signed-in person, the object
 * decides the rest. `tenants:manage`: platform administrators.
 */
export const permissions = ['anyone', 'user', 'tenants:manage'] as const
export type Permission = (typeof permissions)[number]

/** Routes of one class share their rate limits. */
export const rateClasses = [
  'read',
  'write',
  'credentials',
  'registration',
  'mail',
  'stream',
] as const
export type RateClass = (typeof rateClasses)[number]

export interface RouteDefinition {
  /** OpenAPI's operationId. */
  readonly id: string
  readonly context: Context | 'gateway'
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Fastify's spelling: `/v1/instances/:instanceId`. */
  readonly path: string
  readonly summary: string
  /** What a caller must know beyond the summary. */
  readonly description?: string
  readonly permission: Permission
  readonly rateClass: RateClass
  /** POSTs take `Idempotency-Key`, but for sign-in and uploads. */
  readonly idempotencyKey?: boolean
  readonly ifMatch?: 'optional' | 'required'
  readonly params?: TObject
  readonly query?: TObject
  readonly body?: TObject
  readonly bodyBytesMax?: number
  /** Success answers by status; null where there is no body. */
  readonly responses: Readonly<Record<number, TSchema | null>>
  /** Problems beside those that every route can answer. */
  readonly problems: readonly ProblemCode[]
  /** Answers with credentials are never kept for an idempotency key, nor logged. */
  readonly credentials?: boolean
}

export const defineRoute = <const Route extends RouteDefinition>(route: Route): Route => route
