import type { ConsistencyPoint, ConsistencyToken } from '@atrium/contracts/consistency-token.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { RouteDefinition } from '@atrium/contracts/route.ts'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Static, TObject, TSchema } from 'typebox'
import type { Cause } from '../decider/cause.ts'

/** Who calls, as the verified access token says. */
export interface Caller {
  readonly tenant: string
  readonly userId: string
  /** Absent where a service acts for the user. */
  readonly sessionId?: string
  readonly platformAdministrator: boolean
  /** The administrator who acts as this user. */
  readonly impersonatorId?: string
  /** The service that acts for the user, with no more than the user's rights. */
  readonly service?: Context
}

type Part<Schema> = Schema extends TObject ? Static<Schema> : undefined

/** What a body of another shape than `body` may be: the media type tells which one came. */
type Other<Schemas> =
  Schemas extends Readonly<Record<string, infer Schema>>
    ? Schema extends TSchema
      ? Static<Schema>
      : never
    : never

/** One request of a contract's route, as its handler sees it: validated, typed, with its caller. */
export interface Exchange<Route extends RouteDefinition = RouteDefinition> {
  readonly params: Part<Route['params']>
  readonly query: Part<Route['query']>
  /** Undefined where the body is a stream. */
  readonly body: Route['bodyKind'] extends 'stream'
    ? undefined
    : Part<Route['body']> | Other<Route['bodySchemas']>
  /**
   * The body of a `stream` route, read no faster than it is taken. Fails with a Rejection where the
   * client leaves half way, says nothing for too long, or sends more than the route's limit; what
   * is left unread when the handler answers is thrown away.
   */
  readonly bodyStream: Route['bodyKind'] extends 'stream' ? Readable : undefined
  /** Also `HEAD`, where a GET was asked without its body. */
  readonly method: string
  /** As they came, names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** The body's, in lower case, without parameters. */
  readonly mediaType: string | undefined
  /** Undefined only on routes for `anyone`. */
  readonly caller: Route['permission'] extends 'anyone' ? Caller | undefined : Caller
  /** The caller's tenant; before sign-in the one of X-Tenant, else `default`. */
  readonly tenant: string
  /**
   * The cause of the command that this request is; its command id is kept by an idempotency key.
   */
  readonly cause: Cause
  /** When the command was first received, RFC 3339: a repeated request has the same. */
  readonly at: string
  /** A version 7 id of this command's time; the same for the same command, prefix and word. */
  readonly newId: (prefix: string, word?: string) => string
  /** The version that If-Match names. */
  readonly expectedVersion: number | undefined
  /** As it came: another context that is asked for this request must be as fresh. */
  readonly consistencyToken: string | undefined
  /** The client's address, as the gateway saw it. */
  readonly address: string
  readonly userAgent: string
  /** Ends when the client has gone or the time of the request is up. */
  readonly signal: AbortSignal
}

/** What a handler answers. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  /**
   * In place of `body`: sent as it comes, its `content-type` among `headers`. It is destroyed when
   * the client goes away, and at once where only the head was asked for; where it fails half way
   * the connection breaks, so that nobody takes the part for the whole.
   */
  readonly stream?: Readable
  /** Beside, and before, what the kit sets: `cache-control` is `no-store` unless it is here. */
  readonly headers?: Readonly<Record<string, string>>
  /** Becomes the entity tag. */
  readonly version?: number
  /** How far the context has written: becomes, merged with what came in, the Consistency-Token. */
  readonly written?: ConsistencyPoint
}

export type Handler<Route extends RouteDefinition> = (exchange: Exchange<Route>) => Promise<Answer>

/**
 * Waits until reads in this process see everything that the token names: own projections, and this
 * context's reactions to other contexts' events. Resolves with what those have written: a reader
 * who goes on takes that along. Throws Rejection `not-yet-consistent` after its
 * limit, and sooner where `caller` (who waits, by any name) waits too often already.
 */
export type WaitFor = (
  token: ConsistencyToken,
  tenant: string,
  caller: string,
) => Promise<ConsistencyToken>
