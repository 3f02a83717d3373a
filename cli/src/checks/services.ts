import { contexts } from '@atrium/contracts/context.ts'
import type { Deployment } from '../deployment.ts'
import { openStores } from '../open-stores.ts'
import { finding, type Finding } from './finding.ts'

const requestTimeoutMs = 5_000

/** Every process answers that it is ready, and the door is open. */
export function checkProcesses({ contexts: places, gatewayUrl }: Deployment): Promise<Finding[]> {
  const urls: [string, string | undefined][] = [
    ...contexts.map((context): [string, string | undefined] => {
      const { url } = places[context]
      return [`${context} service`, url === undefined ? undefined : `${url}/readyz`]
    }),
    ['gateway', gatewayUrl === undefined ? undefined : `${gatewayUrl}/health`],
  ]
  return Promise.all(
    urls.map(([check, url]) =>
      finding(check, async () => {
        if (url === undefined) return 'its address is not known here: not asked'
        const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs) })
        const text = await response.text()
        if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`)
        return 'ready'
      }),
    ),
  )
}

/** Each context's log can be read to its end. */
export const checkEventStores = (deployment: Deployment): Promise<Finding[]> =>
  Promise.all(
    contexts.map((context) =>
      finding(`${context} event store`, async () => {
        await using stores = await openStores(deployment)
        const filter = { streamPrefixes: [`${context}.`] }
        const head = await stores.of(context).headPosition(filter)
        return `${deployment.eventStoreDbUrl ? 'EventStoreDB' : 'PostgreSQL'}, head at ${head}`
      }),
    ),
  )
