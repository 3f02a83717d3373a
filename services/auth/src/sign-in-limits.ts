import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { addressRangeOf, isLoopback } from './address-range.ts'
import {
  lockedForMs,
  type LockoutCommand,
  type LockoutEvent,
  type LockoutScope,
  type LockoutState,
} from './lockout.ts'
import { keyedDigest } from './secrets.ts'

export type Lockouts = Aggregate<LockoutState, LockoutCommand, LockoutEvent>

export interface SignInLimitsOptions {
  readonly lockouts: Lockouts
  readonly key: Buffer
  readonly accountFailuresMax: number
  readonly addressFailuresMax: number
}

/** Whose failures count together: the account (or the identifier that is none), and the address. */
export interface Attempt {
  readonly tenant: string
  readonly account: string
  readonly address: string
}

export interface SignInLimits {
  /**
   * Runs one attempt of an account at a time in this process, so that parallel guesses do not pass
   * the limit together. Refused as locked, with `retryAfterSeconds`, unseen.
   */
  attempt<Result>(attempt: Attempt, at: string, work: () => Promise<Result>): Promise<Result>
  recordFailure(attempt: Attempt, at: string, cause: Cause): Promise<void>
  /** The account's alone: a range of addresses is not trusted because one of it knew a password. */
  openAccount(tenant: string, account: string, at: string, cause: Cause): Promise<void>
  /** An administrator opens a range. */
  openAddress(tenant: string, address: string, at: string, cause: Cause): Promise<void>
}

/** Attempts of one account that wait for the one under way. */
const waitingMax = 20

/**
 * Counts failures by streams that are named with a keyed digest: neither accounts nor addresses can
 * be read from them. The loopback is no range of strangers: there only accounts are locked.
 */
export function createSignInLimits(options: SignInLimitsOptions): SignInLimits {
  const { lockouts } = options
  const inTurn = createTurns()

  async function requireOpen(attempt: Attempt, at: string) {
    const states = await Promise.all(
      scopesOf(options, attempt).map(({ id }) => lockouts.load(attempt.tenant, id)),
    )
    const lockedMs = Math.max(...states.map(({ state }) => lockedForMs(state, at)))
    if (lockedMs > 0) throw lockedFor(Math.ceil(lockedMs / 1_000))
  }

  async function open(scope: LockoutScope, subject: string, at: string, cause: Cause) {
    const id = idOf(options.key, scope, subject)
    await lockouts.handle(id, { type: 'OpenLock', scope, at }, partOf(cause, `open-${scope}`))
  }

  return {
    attempt: (attempt, at, work) =>
      inTurn(`${attempt.tenant} ${attempt.account}`, async () => {
        await requireOpen(attempt, at)
        return work()
      }),

    async recordFailure(attempt, at, cause) {
      const own = { ...cause, tenant: attempt.tenant }
      await Promise.all(
        scopesOf(options, attempt).map(({ scope, id, failuresMax }) =>
          lockouts.handle(
            id,
            { type: 'RecordFailure', scope, failuresMax, at },
            partOf(own, `fail-${scope}`),
          ),
        ),
      )
    },

    openAccount: (tenant, account, at, cause) => open('account', account, at, { ...cause, tenant }),
    openAddress: (tenant, address, at, cause) =>
      open('address-range', addressRangeOf(address), at, { ...cause, tenant }),
  }
}

const idOf = (key: Buffer, scope: LockoutScope, subject: string) =>
  keyedDigest(key, scope, subject).toString('hex')

/** What an attempt counts for. */
function scopesOf(options: SignInLimitsOptions, { account, address }: Attempt) {
  const { key, accountFailuresMax, addressFailuresMax } = options
  const ofAccount = {
    scope: 'account' as const,
    id: idOf(key, 'account', account),
    failuresMax: accountFailuresMax,
  }
  if (isLoopback(address)) return [ofAccount]
  const ofRange = {
    scope: 'address-range' as const,
    id: idOf(key, 'address-range', addressRangeOf(address)),
    failuresMax: addressFailuresMax,
  }
  return [ofAccount, ofRange]
}

/** Runs the work of one name one after the other; refuses as locked what is too much to wait. */
function createTurns() {
  const underWay = new Map<string, { waiting: number; last: Promise<unknown> }>()
  return async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    const queue = underWay.get(name) ?? { waiting: 0, last: Promise.resolve() }
    if (queue.waiting >= waitingMax) throw lockedFor(1)
    queue.waiting += 1
    underWay.set(name, queue)
    const mine = queue.last.then(work, work)
    queue.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      queue.waiting -= 1
      if (queue.waiting === 0) underWay.delete(name)
    }
  }
}

const lockedFor = (retryAfterSeconds: number) => new Rejection('locked', { retryAfterSeconds })
