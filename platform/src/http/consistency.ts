import {
  mergeConsistencyTokens,
  type ConsistencyPoint,
  type ConsistencyToken,
} from '@atrium/contracts/consistency-token.ts'
import { contexts, type Context } from '@atrium/contracts/context.ts'
import { performance } from 'node:perf_hooks'
import { Rejection } from '../rejection.ts'
import type { WaitFor } from './exchange.ts'

export interface WaitForOptions {
  readonly context: Context
  readonly projections: {
    waitFor(position: number, options: { timeoutMs: number }): Promise<unknown>
  }
  readonly reactions?: {
    waitHandled(wanted: {
      source: Context
      publicPosition: number
      tenant: string
      timeoutMs: number
    }): Promise<ConsistencyPoint>
  }
  readonly timeoutMs?: number
}

/** Then 503: a read is never stale without saying so. */
const timeoutMsDefault = 2_000

/** What is written is usually visible long before. Who waits longer is counted. */
const uncountedMs = 250

/**
 * Long waits at once, of one caller and in all: a token is not signed, and one that names what
 * never was written would keep a connection, and the databases behind it, for nothing.
 */
export const longWaitsMax = { ofOne: 8, inAll: 64 }

/**
 * What a Consistency-Token asks of this process: its own pair, that the projections have come so
 * far; another context's pair, that the reactions to it have run, and the projections show their
 * effect. All pairs share one time limit, which is short where too many wait already.
 */
export function createWaitFor(options: WaitForOptions): WaitFor {
  const { context, projections, reactions, timeoutMs = timeoutMsDefault } = options
  const longWaits = createCount()

  return async (token, tenant, caller) => {
    const endsAt = performance.now() + timeoutMs
    const visible = await ifVisible(token, tenant, Math.min(uncountedMs, timeoutMs))
    if (visible) return visible
    if (!longWaits.begin(caller)) throw new Rejection('not-yet-consistent')
    try {
      return await waitForAll(token, tenant, endsAt)
    } finally {
      longWaits.end(caller)
    }
  }

  async function ifVisible(token: ConsistencyToken, tenant: string, withinMs: number) {
    try {
      return await waitForAll(token, tenant, performance.now() + withinMs)
    } catch (error) {
      if (error instanceof Rejection && error.code === 'not-yet-consistent') return undefined
      throw error
    }
  }

  async function waitForAll(
    token: ConsistencyToken,
    tenant: string,
    endsAt: number,
  ): Promise<ConsistencyToken> {
    const leftMs = () => {
      const left = Math.ceil(endsAt - performance.now())
      if (left <= 0) throw new Rejection('not-yet-consistent')
      return left
    }
    const written = await Promise.all(
      contexts.map((source) => waitForPair(source, token[source] ?? {})),
    )
    return written.reduce<ConsistencyToken>(
      (all, { publicPosition }) =>
        publicPosition === undefined
          ? all
          : mergeConsistencyTokens(all, { [context]: { publicPosition } }),
      {},
    )

    async function waitForPair(
      source: Context,
      { position, publicPosition }: NonNullable<ConsistencyToken[Context]>,
    ): Promise<ConsistencyPoint> {
      if (source === context) {
        if (position !== undefined) await projections.waitFor(position, { timeoutMs: leftMs() })
        return {}
      }
      if (publicPosition === undefined || !reactions) return {}
      const wanted = { source, publicPosition, tenant, timeoutMs: leftMs() }
      const handled = await reactions.waitHandled(wanted)
      if (handled.position !== undefined) {
        await projections.waitFor(handled.position, { timeoutMs: leftMs() })
      }
      // Only what follows from that very event: the rest is other people's.
      return handled.publicPosition === undefined ? {} : { publicPosition: handled.publicPosition }
    }
  }
}

/** Of waits under way, by who waits. */
function createCount() {
  const counts = new Map<string, number>()
  let all = 0
  return {
    /** False where there are too many. */
    begin(caller: string): boolean {
      const own = counts.get(caller) ?? 0
      if (own >= longWaitsMax.ofOne || all >= longWaitsMax.inAll) return false
      counts.set(caller, own + 1)
      all += 1
      return true
    },
    end(caller: string) {
      const own = counts.get(caller) ?? 0
      if (own > 1) counts.set(caller, own - 1)
      else counts.delete(caller)
      all -= 1
    },
  }
}
