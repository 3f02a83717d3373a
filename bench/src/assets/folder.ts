import { type Bench, p99 } from '../bench.ts'
import type { Subject } from './subject.ts'

const callers = 64
const entries = 10_000
const listings = 400

/** A page of a folder, its first level alone or two of them, while nothing else is asked. */
export async function measureFolder(bench: Bench, { assets, headers, instanceId }: Subject) {
  const files = `${assets}/v1/instances/${instanceId}`
  let next = 0
  let seen = ''
  const create = async () => {
    while (next < entries) {
      const path = `wide/${String((next += 1)).padStart(6, '0')}`
      const response = await fetch(`${files}/files-folders`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ path }),
      })
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
      seen = response.headers.get('consistency-token') ?? seen
    }
  }
  await Promise.all(Array.from({ length: callers }, create))
  const list = async (query: string) => {
    const startedAt = performance.now()
    const response = await fetch(`${files}/files/wide?limit=100${query}`, {
      headers: { ...headers, 'consistency-token': seen },
    })
    const { items } = (await response.json()) as { items?: readonly unknown[] }
    if (items?.length !== 100) throw new Error(`${response.status}: ${items?.length} entries`)
    return performance.now() - startedAt
  }
  await bench.compare({
    name: `a page of a folder of ${entries} entries, p99`,
    unit: 'ms',
    target: 50,
    ours: async () => {
      const times: number[] = []
      for (let n = 0; n < listings; n += 1) times.push(await list(n % 2 === 0 ? '' : '&depth=2'))
      return p99(times)
    },
  })
}
