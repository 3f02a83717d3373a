import { Holdings, holdingsPathOf } from '@atrium/contracts/instances/holdings.ts'
import { StoreUnavailable } from '@atrium/platform/event-store/port.ts'
import type { ServiceClient, ServiceRequest } from '@atrium/platform/http/service-client.ts'
import { Compile } from 'typebox/compile'

/** What the other contexts hold for an instance. */
export interface HoldingsOfOthers {
  /** All of them together. Throws StoreUnavailable where one does not say. */
  of(instanceId: string, asked: ServiceRequest): Promise<Required<Holdings>>
}

/** For one context to say it; then it is asked again, a few times. */
export const holdingsTimeoutMs = 2_000

const isHoldings = Compile(Holdings)

/** `holders`: a client of each context that answers the holdings' route. */
export function createHoldingsOfOthers(holders: readonly ServiceClient[]): HoldingsOfOthers {
  async function ask(holder: ServiceClient, instanceId: string, asked: ServiceRequest) {
    const answer = await holder.request('GET', holdingsPathOf(instanceId), asked)
    const body: unknown = await answer.json()
    if (answer.ok && isHoldings.Check(body)) return body
    throw new StoreUnavailable(`the holdings' route answered ${answer.status}`, false)
  }

  return {
    async of(instanceId, asked) {
      const all = await Promise.all(holders.map((holder) => ask(holder, instanceId, asked)))
      const sum = (kind: keyof Holdings) =>
        all.reduce((total, holdings) => total + (holdings[kind] ?? 0), 0)
      return {
        documents: sum('documents'),
        assets: sum('assets'),
        jobs: sum('jobs'),
        workspaces: sum('workspaces'),
        conversations: sum('conversations'),
      }
    },
  }
}
