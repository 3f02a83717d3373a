import { createRandom } from '../../testkit/random.ts'
import { newEvents } from '../conformance/events.ts'
import { createPostgresEventStore } from './store.ts'

/** Run by the order test as a process of its own; the task is its argument, as JSON. */
export interface OrderTask {
  readonly connectionString: string
  readonly seed: number
  readonly events: number
}

const callers = 12
const streamsShared = 20

const { connectionString, seed, events } = JSON.parse(process.argv[2] ?? '') as OrderTask
const store = createPostgresEventStore({ connectionString })
const random = createRandom(seed)
const written: string[] = []

await Promise.all(
  Array.from({ length: callers }, async () => {
    while (written.length < events) await appendSomething()
  }),
)
await store.close()
process.send?.(written, () => process.disconnect())

/** Streams are shared between the processes, so that conflicts leave holes to be closed. */
async function appendSomething() {
  const stream = `test.order-t:${random.integer(1, streamsShared)}`
  const batch = newEvents(random.chance(0.8) ? 1 : random.integer(2, 40))
  const expected = random.chance(0.3) ? random.integer(0, 200) : random.chance(0.1) ? 'none' : 'any'
  const result = await store.append(stream, batch, expected)
  if (result.status === 'appended') written.push(...batch.map(({ id }) => id))
}
