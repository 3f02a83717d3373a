import type { RateClass } from '@atrium/contracts/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import rateLimit, { normalizeIP, type FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { isOver, type Counter, type Meter, type Standing } from './counter.ts'
import {
  policyField,
  policyFieldOf,
  secondsLeft,
  standingField,
  standingFieldOf,
} from './fields.ts'
import type { Policies } from './policy.ts'

/** Who a request is counted for. */
export interface Payer {
  readonly rateClass: RateClass
  /** Undefined for who is refused at the door: strangers use up nothing of a tenant's. */
  readonly tenant: string | undefined
  readonly userId: string | undefined
  readonly address: string
}

/** One payer's meters, and how they stood after their last request. */
export interface Account {
  readonly key: string
  readonly meters: readonly Meter[]
  readonly policyField: string
  standings: readonly Standing[]
}

export interface Limiter {
  accountOf(payer: Payer): Account
  /** Counts the request for its account, and throws `rate-limited` where a limit is exceeded. */
  take(request: FastifyRequest): Promise<void>
  /** Header fields for an answer to this account, as a flat list. */
  fieldsOf(account: Account): string[]
}

const accountsMax = 50_000

/**
 * `@fastify/rate-limit` with a store of our own behind it. Its store counts one key for a request,
 * so the key names an account, whose meters (address, user, tenant) are counted in one go.
 */
export async function createLimiter(
  app: FastifyInstance,
  { policies, counter }: { policies: Policies; counter: Counter },
): Promise<Limiter> {
  const accounts = new LRUCache<string, Account>({ max: accountsMax })
  await app.register(rateLimit, { global: false, store: storeOver(accounts, counter) })
  const check = app.createRateLimit({
    keyGenerator: ({ account }) => account?.key ?? '',
    max: 1,
    timeWindow: 1_000,
  })

  return {
    accountOf(payer) {
      const { rateClass, tenant, userId, address } = payer
      const key = `${rateClass}\n${tenant ?? ''}\n${userId ?? ''}\n${address}`
      const known = accounts.get(key)
      if (known) return known
      const account = openAccount(key, payer, policies)
      accounts.set(key, account)
      return account
    },
    async take(request) {
      const outcome = await check(request)
      if (!outcome.isAllowed && outcome.isExceeded)
        throw rejectionOf(request.account?.standings ?? [])
    },
    fieldsOf: (account) => [
      policyField,
      account.policyField,
      standingField,
      standingFieldOf(account.standings) ?? '',
    ],
  }
}

function openAccount(key: string, payer: Payer, policies: Policies): Account {
  const { rateClass, tenant, userId, address } = payer
  const partition = { address: normalizeIP(address), user: userId && `${tenant}:${userId}`, tenant }
  const meters = policies[rateClass].flatMap((policy): Meter[] => {
    const part = partition[policy.scope]
    return part === undefined ? [] : [{ policy, key: `${policy.name}:${part}` }]
  })
  const applied = policyFieldOf(meters.map(({ policy }) => policy))
  return { key, meters, policyField: applied, standings: [] }
}

/** The plugin's idea of a store: `current` is 2 of 1 where any meter is over its limit. */
function storeOver(accounts: LRUCache<string, Account>, counter: Counter) {
  return class Store implements FastifyRateLimitStore {
    incr(key: string, done: Parameters<FastifyRateLimitStore['incr']>[1]) {
      const account = accounts.get(key)
      if (!account) return done(new Error('an account was closed while its request was counted'))
      const finish = (standings: readonly Standing[]) => {
        account.standings = standings
        const over = standings.find(isOver)
        done(null, over ? { current: 2, ttl: over.resetsInMs } : { current: 1, ttl: 0 })
      }
      const standings = counter.take(account.meters)
      if (standings instanceof Promise) standings.then(finish, done)
      else finish(standings)
    }

    child() {
      return this
    }
  }
}

function rejectionOf(standings: readonly Standing[]) {
  const over = standings.find(isOver) ?? standings.at(-1)
  return new Rejection('rate-limited', {
    limit: over?.policy.name,
    'violated-policies': over ? [over.policy.name] : [],
    retryAfterSeconds: over ? secondsLeft(over) : 1,
  })
}
