import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@atrium/contracts/context.ts'
import { consumerOf, jetStreamOf, subjectsOf } from '@atrium/contracts/naming.ts'
import {
  AckPolicy,
  DeliverPolicy,
  ReplayPolicy,
  nanos,
  type ConsumerMessages,
  type JsMsg,
  type NatsConnection,
} from 'nats'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import { derivedCommandId } from '../identifier.ts'
import { positionOf, readMessage } from '../messaging/message.ts'
import { untilConnected, watchDisconnect } from '../messaging/nats.ts'
import { ensureStream, isMissing, jetStreamManager, positionAt } from '../messaging/stream.ts'

export interface IntakeOptions {
  /** Of the reaction. */
  readonly context: Context
  readonly reaction: string
  readonly source: Context
  readonly on: string | readonly string[]
  readonly nats: NatsConnection
  readonly database: Pick<Database, 'owner'>
  readonly logger: Logger
}

const batchSizeMax = 500
const ackPendingMax = 2_000
const ackWaitMs = 30_000
const pullMs = 30_000
const heartbeatMs = 5_000
const retryFirstMs = 50
const retryLongestMs = 2_000

/** What is stored of a message that claims the reaction's type and is not one of our events. */
export interface Poison {
  readonly poison: { readonly subject: string; readonly sequence: number; readonly reason: string }
}

/**
 * The stream was filled again and lacks the event that was stored last: the source's log was
 * restored from a backup, and other facts now have the positions of those that were seen. Going on
 * by position would pass them over in silence, so intake waits for a person; see the runbook.
 */
class StreamRewritten extends Error {
  override readonly name = 'StreamRewritten'
}

interface Progress {
  /** Every public event up to this position of the source's store is stored. */
  readonly cursor: number
  /** Where the last one lies in the JetStream stream, 0 for none. */
  readonly sequence: number
}

/**
 * Stores the messages that one reaction is about, in the order of the stream, until the signal.
 * Only one process may do so at a time: a shared consumer deals messages out to several in no
 * order. The database says where to go on, and the durable consumer is made to agree with it, so
 * that neither a redelivery nor a lost volume is seen by what comes after.
 */
export async function takeIn(options: IntakeOptions, signal: AbortSignal): Promise<void> {
  const { reaction, source, nats, logger } = options
  let retryMs = retryFirstMs
  while (!signal.aborted) {
    const run = new AbortController()
    const onLost = () => run.abort(new Error('the connection to NATS was lost'))
    const watch = watchDisconnect(nats, onLost)
    const startedAt = performance.now()
    try {
      await untilConnected(nats, signal)
      await ensureStream(nats, source)
      await follow(options, AbortSignal.any([signal, run.signal]))
    } catch (error) {
      if (signal.aborted) return
      const level = error instanceof StreamRewritten ? 'error' : 'warn'
      logger[level]({ err: error, reaction, source }, 'intake begins again')
      const wasUp = performance.now() - startedAt > retryLongestMs
      retryMs = wasUp ? retryFirstMs : Math.min(retryMs * 2, retryLongestMs)
      await delay(retryMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
    } finally {
      watch.stop()
    }
  }
}

/** One run: from where the database says, until something is not as expected. Always throws. */
async function follow(options: IntakeOptions, signal: AbortSignal): Promise<never> {
  let progress = await readProgress(options)
  const start = await placeConsumer(options, progress)
  let last = start - 1
  // Read again from the first message, the stream must bring what was stored last.
  let awaited = start === 1 && progress.sequence > 0 ? progress.cursor : undefined
  const inbox = createQueue(signal)
  const messages = await openConsumer(options, inbox)
  try {
    for (;;) {
      const batch = (await inbox.next(batchSizeMax)).filter(({ seq }) => seq > last)
      if (batch.length === 0) continue
      for (const [index, { seq }] of batch.entries()) {
        if (seq !== last + 1 + index) throw new Error(`delivered ${seq} behind ${last + index}`)
      }
      if (awaited !== undefined && holds(options.source, batch, awaited)) awaited = undefined
      progress = await store(options, progress, batch)
      last += batch.length
      batch.at(-1)?.ack() // of all before it, too
    }
  } finally {
    messages.stop()
  }
}

/** Whether the event at a position is among these. Throws where the stream goes on without it. */
function holds(source: Context, batch: readonly JsMsg[], position: number): boolean {
  const positions = batch.map(({ headers }) => positionOf(headers, source) ?? 0)
  if (positions.includes(position)) return true
  if (positions.every((each) => each < position)) return false
  throw new StreamRewritten(`${jetStreamOf(source)} lacks the event at ${position}, stored before`)
}

async function readProgress({ reaction, source, database }: IntakeOptions): Promise<Progress> {
  const { rows } = await database.owner.query<{ cursor: string; sequence: string }>(
    'select cursor, sequence from platform.reaction_progress where reaction = $1 and source = $2',
    [reaction, source],
  )
  return { cursor: Number(rows[0]?.cursor ?? 0), sequence: Number(rows[0]?.sequence ?? 0) }
}

/**
 * Makes the durable consumer deliver from behind what is stored, and resolves with that sequence. A
 * stream that does not hold the last stored event where it was lost its volume: it is read again
 * from its first message, and what is stored already is passed over by its position.
 */
async function placeConsumer(options: IntakeOptions, progress: Progress): Promise<number> {
  const { context, reaction, source, nats } = options
  const manager = await jetStreamManager(nats)
  const [stream, durable] = [jetStreamOf(source), consumerOf(context, reaction)]
  const isWhereItWas =
    progress.sequence > 0 &&
    (await positionAt(manager, source, progress.sequence)) === progress.cursor
  const start = isWhereItWas ? progress.sequence + 1 : 1
  try {
    const info = await manager.consumers.info(stream, durable)
    const isClean = info.num_ack_pending === 0 && info.config.ack_policy === AckPolicy.All
    if (isClean && info.delivered.stream_seq + 1 === start) return start
    await manager.consumers.delete(stream, durable)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  await manager.consumers.add(stream, {
    durable_name: durable,
    filter_subject: subjectsOf(source),
    ...(start === 1
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start }),
    ack_policy: AckPolicy.All,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: ackPendingMax,
    replay_policy: ReplayPolicy.Instant,
  })
  return start
}

async function openConsumer(
  { context, reaction, source, nats }: IntakeOptions,
  queue: Queue,
): Promise<ConsumerMessages> {
  const name = consumerOf(context, reaction)
  const consumer = await nats.jetstream().consumers.get(jetStreamOf(source), name)
  const messages = await consumer.consume({
    max_messages: batchSizeMax,
    expires: pullMs,
    idle_heartbeat: heartbeatMs,
    abort_on_missing_resource: true,
    callback: (message) => queue.push(message),
  })
  void messages.closed().then((error) => {
    queue.end(error instanceof Error ? error : new Error('the consumer has ended'))
  })
  return messages
}

/** Stores what concerns the reaction and moves its cursor, in one transaction. */
async function store(
  options: IntakeOptions,
  before: Progress,
  batch: readonly JsMsg[],
): Promise<Progress> {
  const { reaction, source, database } = options
  const types = typeof options.on === 'string' ? [options.on] : options.on
  const rows: Row[] = []
  let { cursor, sequence } = before
  for (const message of batch) {
    const position = positionOf(message.headers, source)
    if (position !== undefined && position <= before.cursor) continue // stored before
    const type = types.find((each) => message.subject.endsWith(`.${each}`))
    if (type !== undefined) rows.push(rowOf(message, type))
    if (position === undefined) continue
    cursor = Math.max(cursor, position)
    sequence = message.seq
  }
  if (cursor === before.cursor && rows.length === 0) return before
  const { rows: answers } = await database.owner.query<{ taken: boolean }>(
    'select platform.take_in($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as taken',
    [
      reaction,
      source,
      before.cursor,
      cursor,
      sequence,
      rows.map(({ eventId }) => eventId),
      rows.map(({ tenant }) => tenant),
      rows.map(({ stream }) => stream),
      rows.map(({ position }) => position),
      rows.map(({ event }) => event),
    ],
  )
  if (!answers[0]?.taken) throw new Error(`another process stores for ${reaction}`)
  return { cursor, sequence }
}

interface Row {
  readonly eventId: string
  readonly tenant: string
  readonly stream: string
  readonly position: number
  readonly event: string
}

/** A message that is not one of ours is stored in a lane of its own: set aside, never lost. */
function rowOf(message: JsMsg, type: string): Row {
  try {
    const recorded = readMessage(message)
    if (recorded.type !== type) throw new Error(`a message of type ${recorded.type}`)
    const { id, stream, position, metadata } = recorded
    const event = JSON.stringify(recorded)
    return { eventId: id, tenant: metadata.tenant, stream, position, event }
  } catch (error) {
    const { subject, seq: sequence } = message
    const reason = error instanceof Error ? error.message : String(error)
    const name = `message:${message.info.stream}:${sequence}`
    const poison: Poison = { poison: { subject, sequence, reason } }
    return {
      eventId: derivedCommandId(name),
      tenant: /^[A-Za-z0-9_-]{1,64}$/.exec(subject.split('.')[2] ?? '')?.[0] ?? '',
      stream: name,
      position: 0,
      event: JSON.stringify(poison),
    }
  }
}

interface Queue {
  push(message: JsMsg): void
  end(error: Error): void
  /** At least one message. Throws when the queue has ended. */
  next(max: number): Promise<JsMsg[]>
}

/** Messages as they come; their number is bounded by what the consumer may leave unacknowledged. */
function createQueue(signal: AbortSignal): Queue {
  let waiting: JsMsg[] = []
  let ended: Error | undefined
  let onChange: (() => void) | undefined
  const mustWait = () => waiting.length === 0 && !ended
  const end = (error: Error) => {
    ended ??= error
    onChange?.()
  }
  signal.addEventListener('abort', () => end(signal.reason as Error), { once: true })
  if (signal.aborted) end(signal.reason as Error)
  return {
    push(message) {
      waiting.push(message)
      onChange?.()
    },
    end,
    async next(max) {
      while (mustWait()) {
        await new Promise<void>((resolve) => (onChange = resolve))
      }
      if (ended) throw ended
      const batch = waiting.slice(0, max)
      waiting = waiting.slice(max)
      return batch
    },
  }
}
