import { catalog } from './catalog.ts'
import { contexts, type Context } from './context.ts'
import { personalFields, type EventDefinition } from './event.ts'
import { jetStreamOf } from './naming.ts'

type Json = Readonly<Record<string, unknown>>

type Catalog = Readonly<Record<Context, readonly EventDefinition[]>>

/** AsyncAPI 3 of the public events: CloudEvents in binary mode on NATS, one channel per context. */
export function asyncApiOf(events: Catalog = catalog): Json {
  const channels = contexts.map((context) => [
    context,
    channelOf(context, publicOf(events[context])),
  ])
  const messages = contexts.flatMap((context) => publicOf(events[context]).map(messageOf))
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Atrium events',
      version: '1',
      description:
        'What happened, as other contexts learn it: in order per context, at least once, kept ' +
        'for ever. A field with `x-personal` is about the person whose id `subject` names.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channels) as Json,
    operations: Object.fromEntries(
      contexts.map((context) => [
        `publish_${context}`,
        {
          action: 'send',
          channel: { $ref: `#/channels/${context}` },
          summary: `What ${context} makes known.`,
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(messages) as Json,
      schemas: { CloudEventHeaders: cloudEventHeaders },
      parameters: {
        tenant: { description: 'The tenant in which it happened.' },
      },
    },
  }
}

const publicOf = (definitions: readonly EventDefinition[]) =>
  definitions.filter(({ visibility }) => visibility === 'public')

const keyOf = ({ context, type }: EventDefinition) => `${context}.${type}`

function channelOf(context: Context, definitions: readonly EventDefinition[]): Json {
  return {
    address: `atrium.${context}.{tenant}.{type}`,
    title: `Events of ${context}`,
    description: `Kept in the JetStream stream ${jetStreamOf(context)}.`,
    parameters: {
      tenant: { $ref: '#/components/parameters/tenant' },
      type: { enum: definitions.map(({ type }) => type), description: "The event's name." },
    },
    messages: Object.fromEntries(
      definitions.map((definition) => [
        definition.type,
        { $ref: `#/components/messages/${keyOf(definition)}` },
      ]),
    ),
  }
}

function messageOf(definition: EventDefinition): readonly [string, Json] {
  const { context, type, version, summary, data, withheld } = definition
  const personal = personalFields(data).filter(({ field }) => !withheld.includes(field))
  const message = {
    name: type,
    title: type,
    summary,
    contentType: 'application/json',
    headers: {
      allOf: [{ $ref: '#/components/schemas/CloudEventHeaders' }],
      properties: {
        'ce-type': { const: type },
        'ce-source': { const: `/atrium/${context}` },
        'ce-schemaversion': { const: String(version) },
      },
    },
    payload: payloadOf(definition),
    ...(personal.length > 0 ? { 'x-personal-fields': personal } : {}),
  }
  return [keyOf(definition), message]
}

/** The data's schema without what the context keeps to itself. */
function payloadOf({ data, withheld }: EventDefinition): Json {
  const properties = Object.entries(data.properties).filter(([field]) => !withheld.includes(field))
  return JSON.parse(JSON.stringify({ ...data, properties: Object.fromEntries(properties) })) as Json
}

const text = (description: string, more: Json = {}) => ({ ...more, type: 'string', description })

const cloudEventHeaders = {
  type: 'object',
  required: [
    'ce-specversion',
    'ce-id',
    'ce-source',
    'ce-type',
    'ce-subject',
    'ce-time',
    'content-type',
    'ce-tenant',
    'ce-actor',
    'ce-correlationid',
    'ce-commandid',
    'ce-schemaversion',
    'ce-position',
    'ce-revision',
  ],
  properties: {
    'ce-specversion': { const: '1.0' },
    'ce-id': text('The event; the same in every delivery.', { format: 'uuid' }),
    'ce-source': text('`/atrium/<context>`.'),
    'ce-type': text("The event's name."),
    'ce-subject': text('The event stream that it was written to.'),
    'ce-time': text('When it was written.', { format: 'date-time' }),
    'content-type': { const: 'application/json' },
    'ce-tenant': text('The tenant in which it happened.', { pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    'ce-actor': text('JSON: the user, who acted in their place, the service.'),
    'ce-sessionid': text('The sign-in in which it was caused.'),
    'ce-correlationid': text('One id from the first request through all that follows.'),
    'ce-causationid': text('The event that caused it.', { format: 'uuid' }),
    'ce-commandid': text('The command that wrote it.'),
    'ce-traceparent': text('W3C Trace Context.'),
    'ce-schemaversion': text("The version of the data's schema.", { pattern: '^[1-9][0-9]*$' }),
    'ce-position': text("Its place in its context's store.", { pattern: '^[0-9]+$' }),
    'ce-revision': text('Its place in its event stream.', { pattern: '^[0-9]+$' }),
  },
}
