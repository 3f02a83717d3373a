import { definitionOf } from '@atrium/contracts/catalog.ts'
import {
  attributesOf,
  headerOf,
  recordedFrom,
  type Recorded,
} from '@atrium/contracts/cloud-event.ts'
import type { Context } from '@atrium/contracts/context.ts'
import { parseStreamName } from '@atrium/contracts/naming.ts'
import type { MsgHdrs } from 'nats'
import type { RecordedEvent } from '../event-store/port.ts'

/** What a message must lie right behind, or the server refuses it. */
export interface MessagePlace {
  readonly lastSequence: number
  /** Of the event there; undefined where it may be a message of others. */
  readonly lastId: string | undefined
}

/**
 * The header block of an event's message, ready for the wire: what JetStream demands, then the
 * CloudEvent's attributes. Throws for a value that would break out of its line.
 */
export function encodeHeaders(
  context: Context,
  event: RecordedEvent,
  { lastSequence, lastId }: MessagePlace,
): Uint8Array {
  let text = `NATS/1.0\r\nNats-Msg-Id: ${event.id}\r\n`
  text += `Nats-Expected-Last-Sequence: ${lastSequence}\r\n`
  if (lastId !== undefined) text += `Nats-Expected-Last-Msg-Id: ${lastId}\r\n`
  for (const [attribute, value] of attributesOf(context, event)) {
    if (value.includes('\n') || value.includes('\r')) {
      throw new Error(`event ${event.id} has a line break in its attribute ${attribute}`)
    }
    text += `${headerOf(attribute)}: ${value}\r\n`
  }
  return Buffer.from(`${text}\r\n`)
}

/**
 * What is published of an event's data, as JSON text: all but what its definition withholds. As the
 * store kept it where nothing is.
 */
export function publishedText(context: Context, event: RecordedEvent): string {
  const { withheld = [] } = definitionOf(context, event.type) ?? {}
  if (withheld.length === 0) return event.dataText ?? JSON.stringify(event.data)
  const fields = Object.entries(event.data as Record<string, unknown>)
  return JSON.stringify(Object.fromEntries(fields.filter(([field]) => !withheld.includes(field))))
}

/** A header's value by name, or undefined: what the contracts' mapping asks for. */
export const headerGetter = (headers: MsgHdrs | undefined) => (name: string) =>
  headers?.has(name) ? headers.get(name) : undefined

/**
 * The position in its store that a context's event names; undefined for what is not one of ours.
 */
export function positionOf(headers: MsgHdrs | undefined, context: Context): number | undefined {
  const header = headerGetter(headers)
  const text = header('ce-position') ?? ''
  if (header('ce-source') !== sourceOf(context) || !/^\d{1,15}$/.test(text)) return undefined
  return Number(text)
}

const sourceOf = (context: Context) => `/atrium/${context}`
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const isPrintable = (text: string) => !/[\p{Cc}\p{Cs}]/u.test(text)

/**
 * A delivered message as the event that it carries. Throws for a message that is not one of ours.
 */
export function readMessage(message: {
  readonly headers?: MsgHdrs | undefined
  readonly data: Uint8Array
}): Recorded {
  const data = JSON.parse(Buffer.from(message.data).toString()) as unknown
  const recorded = recordedFrom(headerGetter(message.headers), data)
  const { id, stream, position, revision, metadata } = recorded
  const { tenant } = parseStreamName(stream) ?? {}
  const isOurs =
    uuid.test(id) &&
    isPrintable(stream) &&
    tenant === metadata.tenant &&
    Number.isSafeInteger(position) &&
    position > 0 &&
    Number.isSafeInteger(revision) &&
    Number.isSafeInteger(metadata.schemaVersion)
  if (!isOurs) throw new Error('a message whose attributes are not those of our events')
  return recorded
}
