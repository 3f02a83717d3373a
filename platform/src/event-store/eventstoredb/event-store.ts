import type { Context } from '@atrium/contracts/context.ts'
import { storeGiveUpAfterMs, type EventFilter, type EventStore } from '../port.ts'
import { checkAppend } from '../serialise.ts'
import { createAppender, type Appending } from './append.ts'
import { openConnection } from './connection.ts'
import {
  backOffMs,
  failureOf,
  isCertainlyUndone,
  isForbidden,
  isTombstoned,
  pause,
  unavailable,
} from './failure.ts'
import { createHeadFinder } from './head.ts'
import { readAll, readStream } from './read.ts'
import { subscribe, type OnResubscribe } from './subscribe.ts'

export interface EventStoreDbOptions {
  /** `esdb://user:password@host:2113` or `esdb+discover://…`; for trying, `…?tls=false`. */
  readonly url: string
  /** Given: what names no stream prefixes is about the streams of this context alone. */
  readonly context?: Context
  /** One try of an append waits so long for its answer. */
  readonly appendDeadlineMs?: number
  /** An append or a read without any answer gives up after so long. Subscriptions never do. */
  readonly giveUpAfterMs?: number
  /** A read that brings nothing for so long is broken off and asked again. */
  readonly readSilenceMaxMs?: number
  /** Told of each time that a subscription has to begin again, for a log or a metric. */
  readonly onResubscribe?: OnResubscribe
}

/** Events in a batch where a subscriber names no number. */
const batchSizeMax = 500

/**
 * The event store on an EventStoreDB 22.10 or later, with one connection: create one in a process.
 * A position is a record's commit position, so positions have gaps.
 * All contexts of a system may share one server.
 */
export function createEventStoreDbEventStore(options: EventStoreDbOptions): EventStore {
  const {
    appendDeadlineMs = 4_000,
    giveUpAfterMs = storeGiveUpAfterMs,
    readSilenceMaxMs = 10_000,
  } = options
  const onResubscribe = options.onResubscribe ?? (() => {})
  const closing = new AbortController()
  const store: Appending = {
    connection: openConnection(options.url),
    closed: closing.signal,
    limits: { silenceMaxMs: readSilenceMaxMs, giveUpAfterMs, batchSizeMax },
    appendLimits: { deadlineMs: appendDeadlineMs, giveUpAfterMs },
  }
  const append = createAppender(store)
  const head = createHeadFinder(store)

  const prefixes = options.context && { streamPrefixes: [`${options.context}.`] }
  const ours = (filter: EventFilter | undefined): EventFilter => ({ ...prefixes, ...filter })

  return {
    append: async (stream, events, expected) => append(checkAppend(stream, events, expected)),
    readStream: (stream, read) => readStream(store, stream, read),
    readAll: (read) => readAll(store, { ...read, filter: ours(read?.filter) }),
    subscribe: (subscription) =>
      subscribe(store, { ...subscription, filter: ours(subscription.filter) }, onResubscribe),
    headPosition: (filter) => head(ours(filter)),
    tombstone: (stream) => tombstone(store, stream),
    close: async () => {
      closing.abort()
      await store.connection.close()
    },
  }
}

/** A repeat is answered with "deleted", which is what was wanted. */
async function tombstone({ connection, appendLimits, closed }: Appending, stream: string) {
  const startedAt = performance.now()
  for (let failures = 1; ; failures += 1) {
    try {
      return await connection.tombstone(stream, appendLimits.deadlineMs)
    } catch (thrown) {
      const error = failureOf(thrown)
      if (isTombstoned(error)) return undefined
      const waitMs = backOffMs(failures)
      const late = performance.now() + waitMs - startedAt > appendLimits.giveUpAfterMs
      if (late || closed.aborted || isForbidden(error)) {
        throw unavailable(`tombstone ${stream}`, !isCertainlyUndone(error), error)
      }
      await pause(waitMs, closed)
    }
  }
}
