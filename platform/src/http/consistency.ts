import type { ConsistencyToken } from '@atrium/contracts/consistency-token.ts'
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
    }): Promise<{ readonly position?: number }>
  }
  readonly timeoutMs?: number
}

/** Then 503: a read is never stale without saying so. */
const timeoutMsDefault = 2_000

/**
 * What a Consistency-Token asks of this process: its own pair, that the projections have come so
 * far; another context's pair, that the reactions to it have run, and the projections show their
 * effect. All pairs share one time limit.
 */
export function createWaitFor(options: WaitForOptions): WaitFor {
  const { context, projections, reactions, timeoutMs = timeoutMsDefault } = options
  return async (token, tenant) => {
    const endsAt = performance.now() + timeoutMs
    const leftMs = () => {
      const left = Math.ceil(endsAt - performance.now())
      if (left <= 0) throw new Rejection('not-yet-consistent')
      return left
    }
    await Promise.all(contexts.map((source) => waitForPair(source, token[source] ?? {})))

    async function waitForPair(
      source: Context,
      { position, publicPosition }: NonNullable<ConsistencyToken[Context]>,
    ): Promise<void> {
      if (source === context) {
        if (position !== undefined) await projections.waitFor(position, { timeoutMs: leftMs() })
      } else if (publicPosition !== undefined && reactions) {
        const wanted = { source, publicPosition, tenant, timeoutMs: leftMs() }
        const handled = await reactions.waitHandled(wanted)
        if (handled.position === undefined) return
        await projections.waitFor(handled.position, { timeoutMs: leftMs() })
      }
    }
  }
}
