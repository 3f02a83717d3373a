import type { Context } from '@atrium/contracts/context.ts'
import { jetStreamOf, subjectsOf } from '@atrium/contracts/naming.ts'
import {
  DiscardPolicy,
  NatsError,
  RetentionPolicy,
  StorageType,
  nanos,
  type JetStreamManager,
  type NatsConnection,
} from 'nats'
import { headerGetter, positionOf } from './message.ts'

/** Within this time the server itself drops a second message of one id. */
const duplicatesWindowMs = 120_000
const requestTimeoutMs = 5_000
/** Messages of others that may lie behind the last event. */
const foreignMessagesMax = 1_000

const streamNotFound = 10_059
const streamNameInUse = 10_058
const messageNotFound = 10_037
const consumerNotFound = 10_014

/** The last sequence of a context's stream and the position of its last event; 0 for none. */
export interface StreamEnd {
  readonly sequence: number
  readonly position: number
  readonly last?: PublishedEvent
}

/** Where the context's own store has an event that lies in its stream. */
export interface PublishedEvent {
  readonly id: string
  readonly stream: string
  readonly revision: number
}

/** Administers streams; every request has a time limit. */
export const jetStreamManager = (nats: NatsConnection): Promise<JetStreamManager> =>
  nats.jetstreamManager({ timeout: requestTimeoutMs, checkAPI: false })

/**
 * The stream that keeps a context's public events for ever. Both its relay and whoever reacts to it
 * may be first to make it; one that exists stays as it is, also where an operator changed it.
 */
export async function ensureStream(nats: NatsConnection, context: Context): Promise<void> {
  const manager = await jetStreamManager(nats)
  const name = jetStreamOf(context)
  try {
    await manager.streams.info(name)
    return
  } catch (error) {
    if (apiErrorOf(error) !== streamNotFound) throw error
  }
  try {
    await manager.streams.add({
      name,
      subjects: [subjectsOf(context)],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      duplicate_window: nanos(duplicatesWindowMs),
      deny_delete: true,
      deny_purge: true,
    })
  } catch (error) {
    if (apiErrorOf(error) !== streamNameInUse) throw error
  }
}

/**
 * How far a context's stream goes. A message that is not one of ours is walked over backwards.
 * Throws where only such are found within the limit.
 */
export async function streamEnd(nats: NatsConnection, context: Context): Promise<StreamEnd> {
  const manager = await jetStreamManager(nats)
  const { state } = await manager.streams.info(jetStreamOf(context))
  const sequence = state.last_seq
  const lowest = Math.max(0, sequence - foreignMessagesMax)
  for (let behind = sequence; behind > lowest; behind -= 1) {
    const header = await headersAt(manager, context, behind)
    const position = positionOf(header, context)
    if (position === undefined) continue
    const value = headerGetter(header)
    const [id = '', stream = ''] = [value('ce-id'), value('ce-subject')]
    const last = { id, stream, revision: Number(value('ce-revision')) }
    return { sequence, position, last }
  }
  if (lowest === 0) return { sequence, position: 0 }
  throw new Error(`${jetStreamOf(context)} ends with messages that are not events`)
}

/** The event store's position that a stored message names; undefined where there is none. */
export async function positionAt(
  manager: JetStreamManager,
  context: Context,
  sequence: number,
): Promise<number | undefined> {
  return positionOf(await headersAt(manager, context, sequence), context)
}

async function headersAt(manager: JetStreamManager, context: Context, sequence: number) {
  try {
    return (await manager.streams.getMessage(jetStreamOf(context), { seq: sequence })).header
  } catch (error) {
    if (apiErrorOf(error) === messageNotFound) return undefined
    throw error
  }
}

/** True where the consumer, or the stream that it would read, does not exist. */
export const isMissing = (error: unknown) =>
  apiErrorOf(error) === consumerNotFound || apiErrorOf(error) === streamNotFound

const apiErrorOf = (error: unknown) =>
  error instanceof NatsError ? error.api_error?.err_code : undefined
