import { MaxAppendSizeExceededError, WrongExpectedVersionError } from '@eventstore/db-client'
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js'
import { LRUCache } from 'lru-cache'
import {
  anyTailEvents,
  appendEventsMax,
  AppendRefused,
  StreamTombstoned,
  type AppendResult,
  type RecordedEvent,
} from '../port.ts'
import type { CheckedAppend } from '../serialise.ts'
import {
  backOffMs,
  closedError,
  failureOf,
  isCertainlyUndone,
  isForbidden,
  isTombstoned,
  pause,
  unavailable,
} from './failure.ts'
import { appendRequests, safeInteger } from './protocol.ts'
import { readStream, type Reading } from './read.ts'

export interface AppendLimits {
  /** How long one try waits for its answer. The server itself gives up after 2 s. */
  readonly deadlineMs: number
  /** How long the same append is asked again while its outcome is unknown. */
  readonly giveUpAfterMs: number
}

export interface Appending extends Reading {
  readonly appendLimits: AppendLimits
}

type Exact = number | 'none'

type AppendedResult = Extract<AppendResult, { status: 'appended' }>

/** An append without an expectation that others overtook so often gives up. */
const overtakenMax = 64

/** Events of a tail: an append that ends within what the port names is in it from its beginning. */
const tailEventsMax = anyTailEvents + appendEventsMax

/** Ids of tails kept for appends without an expectation, over all streams. */
const tailIdsMax = 200_000

/** What is known of the end of a stream: its last revision and its last events. */
interface Tail {
  readonly revision: Exact
  readonly events: readonly WrittenEvent[]
}

type WrittenEvent = Pick<RecordedEvent, 'id' | 'revision'>

/**
 * Appends of one store. On the wire there is only an exact revision or "must not exist": with it
 * the server answers a repeat with the original revision, for ever, while with `ANY` it writes
 * twice as soon as a cache has moved on. So every doubt is resolved by asking again.
 */
export function createAppender(appending: Appending) {
  const tails = new LRUCache<string, Tail>({
    maxSize: tailIdsMax,
    sizeCalculation: (tail) => tail.events.length + 1,
  })
  const turns = new Map<string, Promise<unknown>>()

  /** One after the other in each stream, or the callers here would overtake each other. */
  async function inTurn<T>(stream: string, work: () => Promise<T>) {
    const before = turns.get(stream) ?? Promise.resolve()
    const turn = before.then(work, work)
    turns.set(stream, turn)
    try {
      return await turn
    } finally {
      if (turns.get(stream) === turn) turns.delete(stream)
    }
  }

  /**
   * Tries at the last known revision: what it does not know of, the server answers with a conflict,
   * and then everything since is read and compared. So nothing is written behind unseen events.
   */
  async function appendAnywhere(append: CheckedAppend): Promise<AppendResult> {
    const { stream } = append
    let tail = tails.get(stream) ?? (await tailOf(appending, stream))
    for (let tries = 0; tries < overtakenMax; tries += 1) {
      tails.set(stream, tail)
      const writtenUpTo = findIds(append, tail.events)
      if (writtenUpTo !== undefined) return resultAt(appending, stream, writtenUpTo)
      const result = await appendExactly(appending, append, tail.revision)
      if (result.status === 'appended') {
        tails.set(stream, grown(tail, eventsOf(append, result)))
        return result
      }
      const newer = await tailSince(appending, stream, tail)
      tail = newer.revision === tail.revision ? await tailOf(appending, stream) : newer
      if (tries > 0) await pause(backOffMs(1), appending.closed)
    }
    const overtaken = new Error(`Other appends came first ${overtakenMax} times.`)
    throw unavailable(`append to ${stream}`, false, overtaken)
  }

  return (append: CheckedAppend): Promise<AppendResult> =>
    append.expected === 'any'
      ? inTurn(append.stream, () => appendAnywhere(append))
      : appendExactly(appending, append, append.expected)
}

/** Asks until there is an answer: the same ids with the same revision are written once. */
async function appendExactly(
  appending: Appending,
  append: CheckedAppend,
  expected: Exact,
): Promise<AppendResult> {
  const { appendLimits, closed } = appending
  const requests = appendRequests(append.stream, append.events, expected)
  const startedAt = performance.now()
  let doubt = false
  for (let failures = 1; ; failures += 1) {
    if (closed.aborted) throw unavailable(`append to ${append.stream}`, doubt, closedError())
    try {
      const result = await tryOnce(appending, requests)
      if (result.status === 'appended' || !doubt) return result
      return (await recognise(appending, append, expected)) ?? result
    } catch (thrown) {
      const error = failureOf(thrown)
      refuse(append, error)
      doubt ||= !isCertainlyUndone(error)
      const waitMs = backOffMs(failures)
      const late = performance.now() + waitMs - startedAt > appendLimits.giveUpAfterMs
      if (late || isForbidden(error)) {
        throw unavailable(`append to ${append.stream}`, doubt, error)
      }
      await pause(waitMs, closed)
    }
  }
}

async function tryOnce({ connection, appendLimits }: Appending, requests: readonly AppendReq[]) {
  try {
    return resultOf(await connection.append(requests, appendLimits.deadlineMs))
  } catch (thrown) {
    const conflict = conflictOf(failureOf(thrown))
    if (conflict) return conflict
    throw thrown
  }
}

/** Throws what no repeat could change. */
function refuse({ stream, sizeBytes }: CheckedAppend, error: Error) {
  if (isTombstoned(error)) throw new StreamTombstoned(stream, { cause: error })
  if (error instanceof MaxAppendSizeExceededError) {
    const detail = `${sizeBytes} bytes, the server takes ${error.maxAppendSize}`
    throw new AppendRefused('too-large', detail, { cause: error })
  }
}

function resultOf(answer: AppendResp): AppendResult {
  const success = answer.getSuccess()
  if (success) {
    const position = success.getPosition()
    if (!position) throw new Error('The server did not tell the position of the append.')
    return {
      status: 'appended',
      revision: safeInteger(success.getCurrentRevision()),
      position: safeInteger(position.getCommitPosition()),
    }
  }
  const wrong = answer.getWrongExpectedVersion()
  if (!wrong) throw new Error('The server answered an append with neither success nor conflict.')
  const actual = wrong.hasCurrentRevision() ? safeInteger(wrong.getCurrentRevision()) : 'none'
  return { status: 'conflict', actual }
}

/** The same conflict, where the server reports it as an error of the call. */
function conflictOf(error: Error): AppendResult | undefined {
  if (!(error instanceof WrongExpectedVersionError)) return undefined
  const { actualVersion } = error
  const exact = typeof actualVersion === 'bigint' && actualVersion >= 0n
  return { status: 'conflict', actual: exact ? Number(actualVersion) : 'none' }
}

/** After a lost answer: whether our own events are what stands where they were wanted. */
async function recognise(reading: Reading, { stream, events }: CheckedAppend, expected: Exact) {
  const first = expected === 'none' ? 0 : expected + 1
  let index = 0
  for await (const event of readStream(reading, stream, { from: first, limit: events.length })) {
    if (event.id !== events[index]?.id) return undefined
    index += 1
  }
  return index < events.length ? undefined : resultAt(reading, stream, first + events.length - 1)
}

/** What an append was answered that ended with this revision. */
async function resultAt(reading: Reading, stream: string, revision: number) {
  for await (const { position } of readStream(reading, stream, { from: revision, limit: 1 })) {
    return { status: 'appended', revision, position } as const
  }
  throw new Error(`Revision ${revision} of ${stream} was read and is gone.`)
}

async function tailOf(reading: Reading, stream: string): Promise<Tail> {
  const events: WrittenEvent[] = []
  const read = { direction: 'backwards', limit: tailEventsMax } as const
  for await (const event of readStream(reading, stream, read)) events.push(briefly(event))
  events.reverse()
  return { revision: events.at(-1)?.revision ?? 'none', events }
}

async function tailSince(reading: Reading, stream: string, tail: Tail): Promise<Tail> {
  const events: WrittenEvent[] = []
  const from = tail.revision === 'none' ? 0 : tail.revision + 1
  for await (const event of readStream(reading, stream, { from })) events.push(briefly(event))
  return grown(tail, events)
}

const grown = (tail: Tail, events: readonly WrittenEvent[]): Tail => ({
  revision: events.at(-1)?.revision ?? tail.revision,
  events: [...tail.events, ...events].slice(-tailEventsMax),
})

/** Without the event's message, which would be kept alive with its data. */
const briefly = ({ id, revision }: RecordedEvent): WrittenEvent => ({ id, revision })

const eventsOf = ({ events }: CheckedAppend, { revision }: AppendedResult): WrittenEvent[] =>
  events.map(({ id }, index) => ({ id, revision: revision - (events.length - 1 - index) }))

/**
 * The last revision of these ids, if they stand one after the other in a part of a stream. Throws
 * AppendRefused if only some of them are there.
 */
function findIds({ stream, events: wanted }: CheckedAppend, events: readonly WrittenEvent[]) {
  const ids = new Set(wanted.map(({ id }) => id))
  const start = events.findIndex(({ id }) => ids.has(id))
  if (start === -1) return undefined
  if (!wanted.every(({ id }, index) => events[start + index]?.id === id)) {
    throw new AppendRefused('partly-written', `Some of these event ids are in ${stream} already`)
  }
  return events[start + wanted.length - 1]?.revision
}
