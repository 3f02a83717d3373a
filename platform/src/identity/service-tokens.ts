import type { Context } from '@atrium/contracts/context.ts'
import { internalPaths } from '@atrium/contracts/routes.ts'
import { LRUCache } from 'lru-cache'
import { setTimeout as delay } from 'node:timers/promises'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { StoreUnavailable } from '../event-store/port.ts'

/** Whom a token is for that a service acts with: services, never the gateway. */
export const serviceAudience = 'atrium-service'

/** Such a token cannot be revoked, so it is short. */
export const serviceTokenSeconds = 60

/** A service proves to auth that it is one, and acts for a user. */
export interface ServiceTokens {
  /**
   * A token with that user's rights. Throws NoSuchUser, and StoreUnavailable where auth does not
   * answer within the limit.
   */
  tokenFor(user: OnBehalfOf): Promise<string>
}

export interface OnBehalfOf {
  readonly tenant: string
  readonly userId: string
}

export interface ServiceTokensOptions {
  readonly authUrl: string
  /** The secret that all services share with auth. */
  readonly secret: string
  /** The service that acts. */
  readonly service: Context
}

/** There is no such user in that tenant (any more): nobody can act for them. */
export class NoSuchUser extends Error {
  override readonly name = 'NoSuchUser'
}

const requestTimeoutMs = 3_000
const pausesMs = [100, 300, 900]
const tokensKeptMax = 10_000
/** A kept token is given out until so long before its end. */
const spareSeconds = 20

const Minted = Compile(Type.Object({ token: Type.String() }))

/** Tokens from auth, each kept for most of its life. */
export function createServiceTokens(options: ServiceTokensOptions): ServiceTokens {
  const url = new URL(internalPaths.serviceTokens, options.authUrl)
  const kept = new LRUCache<string, Promise<string>>({
    max: tokensKeptMax,
    ttl: (serviceTokenSeconds - spareSeconds) * 1_000,
  })

  async function ask({ tenant, userId }: OnBehalfOf): Promise<string> {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${options.secret}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ service: options.service, tenant, userId }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    })
    if (answer.status === 404) throw new NoSuchUser(`nobody acts for ${userId}`)
    const body: unknown = await answer.json()
    if (!answer.ok || !Minted.Check(body)) throw new Error(`auth answered ${answer.status}`)
    return body.token
  }

  async function askAgain(user: OnBehalfOf): Promise<string> {
    for (const pauseMs of [...pausesMs, undefined]) {
      try {
        return await ask(user)
      } catch (error) {
        if (error instanceof NoSuchUser) throw error
        if (pauseMs === undefined) {
          throw new StoreUnavailable('auth gave no token', false, { cause: error })
        }
        await delay(pauseMs)
      }
    }
    throw new StoreUnavailable('auth gave no token', false)
  }

  return {
    tokenFor(user) {
      const key = `${user.tenant} ${user.userId}`
      const known = kept.get(key)
      if (known) return known
      const asked = askAgain(user)
      kept.set(key, asked)
      asked.catch(() => kept.delete(key))
      return asked
    },
  }
}
