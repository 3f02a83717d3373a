import { afterAll, beforeAll } from 'vitest'
import type { EventFilter, EventStore, NewEvent, RecordedEvent } from '../port.ts'
import type { Opener } from './events.ts'

/**
 * The adapter under test. Its opener is a module of its own, so that other processes can open the
 * same store: it exports `open(url): EventStore`.
 */
export interface Subject {
  readonly opener: URL
  /** Where the store is; asked once, before the first case. */
  readonly url: () => string | Promise<string>
}

/** What the cases work on. */
export interface Bench {
  readonly store: EventStore
  readonly url: string
  readonly opener: URL
  /** Another store on the same data, closed after the last case. */
  another(): EventStore
}

/** Longest wait of a case for what must come. */
export const waitMaxMs = 30_000

export function createBench({ opener, url }: Subject): Bench {
  const opened: EventStore[] = []
  const state: { url?: string; open?: Opener['open'] } = {}
  const another = () => {
    if (!state.open || state.url === undefined) throw new Error('The bench is not ready')
    const store = state.open(state.url)
    opened.push(store)
    return store
  }
  beforeAll(async () => {
    state.url = await url()
    const { open } = (await import(opener.href)) as Opener
    state.open = open
    another()
  })
  afterAll(() => Promise.all(opened.map((store) => store.close())))
  return {
    opener,
    another,
    get store() {
      const [store] = opened
      if (!store) throw new Error('The bench is not ready')
      return store
    },
    get url() {
      return state.url ?? ''
    },
  }
}

export async function readAll(store: EventStore, stream: string): Promise<RecordedEvent[]> {
  return await Array.fromAsync(store.readStream(stream))
}

export const numbers = (events: readonly RecordedEvent[]) =>
  events.map(({ data }) => (data as { n: number }).n)

export const ofCategory = (category: string): EventFilter => ({ streamPrefixes: [`${category}-`] })

/** Appends that must succeed. */
export async function write(store: EventStore, stream: string, events: readonly NewEvent[]) {
  const result = await store.append(stream, events, 'any')
  if (result.status === 'conflict') throw new Error(`A conflict with any, at ${result.actual}`)
  return result
}

/** Takes batches until `count` events have come; throws after `waitMaxMs`. */
export async function take(
  batches: AsyncIterable<readonly RecordedEvent[]>,
  count: number,
): Promise<RecordedEvent[]> {
  const taken: RecordedEvent[] = []
  const late = AbortSignal.timeout(waitMaxMs)
  const iterator = batches[Symbol.asyncIterator]()
  while (taken.length < count) {
    const next = await Promise.race([iterator.next(), rejectWhen(late, taken.length, count)])
    if (next.done) break
    taken.push(...next.value)
  }
  await iterator.return?.()
  return taken
}

function rejectWhen(late: AbortSignal, came: number, count: number): Promise<never> {
  return new Promise((_, reject) => {
    late.addEventListener('abort', () =>
      reject(new Error(`${came} of ${count} events came within ${waitMaxMs} ms`)),
    )
  })
}
