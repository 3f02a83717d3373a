import {
  attributesOf,
  headerOf,
  recordedFrom,
  type Recorded,
} from '@atrium/contracts/cloud-event.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { MsgHdrs } from 'nats'
import type { RecordedEvent } from '../event-store/port.ts'

/** What JetStream demands of a message: stored once by its id, and only right behind this one. */
export interface MessagePlace {
  readonly expectedLastSequence: number
}

/**
 * The header block of an event's message, ready for the wire: what JetStream demands, then the
 * CloudEvent's attributes. Throws for a value that would break out of its line.
 */
export function encodeHeaders(
  context: Context,
  event: RecordedEvent,
  { expectedLastSequence }: MessagePlace,
): Uint8Array {
  let text =
    `NATS/1.0\r\nNats-Msg-Id: ${event.id}\r\n` +
    `Nats-Expected-Last-Sequence: ${expectedLastSequence}\r\n`
  for (const [attribute, value] of attributesOf(context, event)) {
    if (value.includes('\n') || value.includes('\r')) {
      throw new Error(`event ${event.id} has a line break in its attribute ${attribute}`)
    }
    text += `${headerOf(attribute)}: ${value}\r\n`
  }
  return Buffer.from(`${text}\r\n`)
}

/** An event's data as JSON text, as the store kept it where it can say so. */
export const dataTextOf = (event: RecordedEvent) => event.dataText ?? JSON.stringify(event.data)

/** A header's value by name, or undefined: what the contracts' mapping asks for. */
export const headerGetter = (headers: MsgHdrs | undefined) => (name: string) =>
  headers?.has(name) ? headers.get(name) : undefined

/** A delivered message as the event that it carries. Throws for a message that is not one of ours. */
export function readMessage(message: {
  readonly headers?: MsgHdrs | undefined
  readonly data: Uint8Array
}): Recorded {
  const data = JSON.parse(Buffer.from(message.data).toString()) as unknown
  const recorded = recordedFrom(headerGetter(message.headers), data)
  for (const number of [recorded.position, recorded.revision, recorded.metadata.schemaVersion]) {
    if (!Number.isSafeInteger(number)) throw new Error('a message with a number that is none')
  }
  return recorded
}
