import type { Policy } from './policy.ts'

/** One policy and the partition of it that a request falls into. */
export interface Meter {
  readonly policy: Policy
  readonly key: string
}

/** How a meter stands after a request was counted. */
export interface Standing {
  readonly policy: Policy
  readonly used: number
  /** Until the window ends, in milliseconds. */
  readonly resetsInMs: number
}

/**
 * Counts requests in fixed windows that begin with their first request. `take` adds one to each
 * meter in order and stops at the first that is over its limit: a user who is over theirs takes
 * nothing from the tenant's. Never fails: a counter that depends on a server goes on without it.
 */
export interface Counter {
  take(meters: readonly Meter[]): readonly Standing[] | Promise<readonly Standing[]>
  close(): Promise<void>
}

export const isOver = ({ policy, used }: Standing) => used > policy.limit
