import type { TObject, TSchema } from 'typebox'
import type { Context } from './context.ts'
import type { ProblemCode } from './problem.ts'

/**
 * What a route demands of its caller. `anyone`: no token. `user`: any signed-in person, the object
 * decides the rest. `tenants:manage`: platform administrators. `service`: another context that acts
 * for a user, never anybody at the door.
 */
export const permissions = ['anyone', 'user', 'tenants:manage', 'service'] as const
export type Permission = (typeof permissions)[number]

/** Routes of one class share their rate limits. */
export const rateClasses = [
  'read',
  'write',
  'credentials',
  'registration',
  'mail',
  'stream',
  'upload',
  'upload-piece',
  'render',
  'preview',
  'project-create',
] as const
export type RateClass = (typeof rateClasses)[number]

/** An answer's body that is bytes of one of these media types, and no JSON. */
export interface Binary {
  readonly mediaTypes: readonly string[]
}

/** `responses: { 200: binary('application/pdf') }`. */
export const binary = (...mediaTypes: readonly string[]): Binary => ({ mediaTypes })

/** JSON by its schema, bytes, or no body. */
export type AnswerBody = TSchema | Binary | null

export const isBinary = (body: AnswerBody): body is Binary => body !== null && 'mediaTypes' in body

/** What the description of the API says of header fields, by their names. */
export type HeaderTexts = Readonly<Record<string, string>>

export interface RouteDefinition {
  /** OpenAPI's operationId. */
  readonly id: string
  readonly context: Context | 'gateway'
  /** A GET is answered to HEAD as well, without a body. */
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /**
   * Fastify's spelling: `/v1/instances/:instanceId`. At the end may stand `/*path`: the parameter
   * `path` is then all the rest, decoded, with its slashes; it may be empty.
   */
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
  /** Of a stream: the fields of a form, for the description alone. */
  readonly body?: TObject
  /**
   * `stream`: the body is not parsed; it passes piece by piece, in as much time as it takes while
   * pieces come, and `bodyBytesMax` counts on the way.
   */
  readonly bodyKind?: 'json' | 'stream'
  /** Taken beside `application/json`; of a stream, what alone is taken, and any without it. */
  readonly bodyMediaTypes?: readonly string[]
  /** Of a stream: where nothing is sent, no media type is needed either. */
  readonly bodyIsOptional?: boolean
  /** Bodies of some of these media types that have another shape than `body`. */
  readonly bodySchemas?: Readonly<Record<string, TSchema>>
  readonly bodyBytesMax?: number
  /** `stream`: an answer's body may be of any size, or without an end. */
  readonly answers?: 'json' | 'stream'
  /** Success answers by status; null where there is no body. */
  readonly responses: Readonly<Record<number, AnswerBody>>
  /** Header fields that this route reads, and answers, beside those that all have. */
  readonly requestHeaders?: HeaderTexts
  readonly responseHeaders?: HeaderTexts
  /** Header fields that every answer has, each problem too, the gateway's own among them. */
  readonly fixedHeaders?: Readonly<Record<string, string>>
  /** Problems beside those that every route can answer. */
  readonly problems: readonly ProblemCode[]
  /** Answers with credentials are never kept for an idempotency key, nor logged. */
  readonly credentials?: boolean
}

/** Whether bytes without a limit of time pass through the route, one way or the other. */
export const isStreaming = ({ bodyKind, answers }: RouteDefinition) =>
  bodyKind === 'stream' || answers === 'stream'

/** The path as OpenAPI spells it: `/v1/instances/{instanceId}/files/{path}`. */
export const templateOf = ({ path }: RouteDefinition) => path.replaceAll(/[:*]([A-Za-z]+)/g, '{$1}')

/** The path as the router spells it: its wildcard has no name. */
export const routerPathOf = ({ path }: RouteDefinition) => path.replace(/\*[A-Za-z]+$/, '*')

/** The name of the parameter that stands for the rest of the path, where it has one. */
export const wildcardOf = ({ path }: RouteDefinition) => /\*([A-Za-z]+)$/.exec(path)?.[1]

export const defineRoute = <const Route extends RouteDefinition>(route: Route): Route => route
