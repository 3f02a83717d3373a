import type { ConsistencyPoint, ConsistencyToken } from '@atrium/contracts/consistency-token.ts'
import type { RouteDefinition } from '@atrium/contracts/route.ts'
import type { Static, TObject } from 'typebox'
import type { Cause } from '../decider/cause.ts'

/** Who calls, as the verified access token says. */
export interface Caller {
  readonly tenant: string
  readonly userId: string
  readonly sessionId: string
  readonly platformAdministrator: boolean
}

type Part<Schema> = Schema extends TObject ? Static<Schema> : undefined

/** One request of a contract's route, as its handler sees it: validated, typed, with its caller. */
export interface Exchange<Route extends RouteDefinition = RouteDefinition> {
  readonly params: Part<Route['params']>
  readonly query: Part<Route['query']>
  readonly body: Part<Route['body']>
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
  /** Becomes the entity tag. */
  readonly version?: number
  /** How far the context has written: becomes, merged with what came in, the Consistency-Token. */
  readonly written?: ConsistencyPoint
}

export type Handler<Route extends RouteDefinition> = (exchange: Exchange<Route>) => Promise<Answer>

/**
 * Waits until reads in this process see everything that the token names: own projections, and this
 * context's reactions to other contexts' events. Throws Rejection `not-yet-consistent` after its
 * limit, and sooner where `caller` (who waits, by any name) waits too often already.
 */
export type WaitFor = (token: ConsistencyToken, tenant: string, caller: string) => Promise<void>
