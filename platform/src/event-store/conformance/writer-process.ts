import { newEvents, newStream } from './events.ts'
import type { Opener } from './events.ts'

/** Run by the conformance suite as a process of its own; the task is its argument, as JSON. */
export interface WriterTask {
  readonly opener: string
  readonly url: string
  readonly category: string
  /** Streams that every writer tries to create. */
  readonly contested: readonly string[]
  /** Appends to a stream of its own, by exact revision. */
  readonly appends: number
}

export interface WriterReport {
  readonly created: number
  readonly stream: string
  readonly revisions: readonly number[]
}

const task = JSON.parse(process.argv[2] ?? '') as WriterTask
const { open } = (await import(task.opener)) as Opener
const store = open(task.url)

const creations = await Promise.all(
  task.contested.map((stream) => store.append(stream, newEvents(1), 'none')),
)
const created = creations.filter(({ status }) => status === 'appended').length

const stream = newStream(task.category)
const revisions: number[] = []
for (let n = 0; n < task.appends; n += 1) {
  const result = await store.append(stream, newEvents(1, n), n === 0 ? 'none' : n - 1)
  if (result.status === 'conflict') throw new Error(`A conflict in a stream of its own, at ${n}`)
  revisions.push(result.revision)
}
await store.close()
process.send?.({ created, stream, revisions } satisfies WriterReport, () => process.disconnect())
