import type { Context } from './context.ts'
import type { Actor, EventMetadata } from './metadata.ts'

/**
 * A public event as others see it: CloudEvents 1.0 with extension attributes (lower case letters
 * only, as the specification demands). On NATS it travels in binary mode, attributes in headers.
 */
export interface CloudEvent<Data = unknown> {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  /** The event stream that it was written to. */
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly tenant: string
  readonly actor: string
  readonly sessionid?: string
  readonly correlationid: string
  readonly causationid?: string
  readonly commandid: string
  readonly traceparent?: string
  readonly schemaversion: string
  /** Position in its context's store, and revision in its stream, as decimal numbers. */
  readonly position: string
  readonly revision: string
  readonly data: Data
}

/** What the mapping needs of a recorded event. */
export interface Recorded {
  readonly id: string
  readonly type: string
  readonly stream: string
  readonly revision: number
  readonly position: number
  readonly recordedAt: string
  readonly data: unknown
  readonly metadata: EventMetadata
}

/** The attributes of an event, in the order in which they are sent; `data` is apart. */
export function attributesOf(context: Context, event: Omit<Recorded, 'data'>) {
  const { metadata } = event
  const attributes: [string, string][] = [
    ['specversion', '1.0'],
    ['id', event.id],
    ['source', `/atrium/${context}`],
    ['type', event.type],
    ['subject', event.stream],
    ['time', event.recordedAt],
    ['datacontenttype', 'application/json'],
    ['tenant', metadata.tenant],
    ['actor', JSON.stringify(metadata.actor)],
    ['correlationid', metadata.correlationId],
    ['commandid', metadata.commandId],
    ['schemaversion', String(metadata.schemaVersion)],
    ['position', String(event.position)],
    ['revision', String(event.revision)],
  ]
  if (metadata.sessionId !== undefined) attributes.push(['sessionid', metadata.sessionId])
  if (metadata.causationId !== undefined) attributes.push(['causationid', metadata.causationId])
  if (metadata.traceparent !== undefined) attributes.push(['traceparent', metadata.traceparent])
  return attributes
}

/**
 * Binary mode: `ce-<attribute>` headers, but `traceparent` and `content-type` by their own names.
 */
export const headerOf = (attribute: string) =>
  attribute === 'datacontenttype' ? 'content-type' : `ce-${attribute}`

/**
 * A recorded event read back from a message. `header` gives a header's value or undefined.
 * Throws where a required attribute is missing: such a message is not one of ours.
 */
export function recordedFrom(
  header: (name: string) => string | undefined,
  data: unknown,
): Recorded {
  const need = (attribute: string) => {
    const value = header(headerOf(attribute))
    if (value === undefined) throw new Error(`a message without the attribute ${attribute}`)
    return value
  }
  const sessionId = header('ce-sessionid')
  const causationId = header('ce-causationid')
  const traceparent = header('ce-traceparent')
  return {
    id: need('id'),
    type: need('type'),
    stream: need('subject'),
    revision: Number(need('revision')),
    position: Number(need('position')),
    recordedAt: need('time'),
    data,
    metadata: {
      tenant: need('tenant'),
      actor: JSON.parse(need('actor')) as Actor,
      correlationId: need('correlationid'),
      commandId: need('commandid'),
      schemaVersion: Number(need('schemaversion')),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(causationId === undefined ? {} : { causationId }),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  }
}

/** The whole event as one JSON object (structured mode), for the server-sent stream. */
export function structuredFrom(context: Context, event: Recorded): CloudEvent {
  const attributes = Object.fromEntries(attributesOf(context, event)) as unknown
  return { ...(attributes as Omit<CloudEvent, 'data'>), data: event.data }
}
