import { consistencyHeader } from './consistency-token.ts'
import { problems } from './problem.ts'

type Json = Readonly<Record<string, unknown>>

/** RFC 9457, with the members that some codes add. */
export const problemSchema = {
  type: 'object',
  description: 'RFC 9457. Branch on `code`. Some codes add members of their own.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(problems) },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      description: 'Every fault of the request, of `validation-failed` and `malformed-request`.',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: {
            type: 'string',
            description: 'RFC 6901 into the body, or /query/…, /params/…, /headers/….',
          },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
    currentVersion: { type: 'integer', description: 'Of `version-conflict`.' },
    changes: {
      type: 'array',
      description: 'Of `version-conflict`: what happened since the version that was named.',
      items: {
        type: 'object',
        required: ['version', 'type', 'changedAt'],
        properties: {
          version: { type: 'integer' },
          type: { type: 'string' },
          changedAt: { type: 'string', format: 'date-time' },
        },
      },
    },
    correlationId: { type: 'string', description: 'Of `internal-error`: what to tell us.' },
  },
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })
const ifMatch = {
  name: 'If-Match',
  in: 'header',
  description: 'Entity tags with the versions that the change is meant for; others are 409.',
  schema: text(512),
}

/** Header fields that many routes read. */
export const parameters: Json = {
  Tenant: {
    name: 'X-Tenant',
    in: 'header',
    description: 'The tenant, before sign-in. With a token it may only repeat what that says.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
  },
  ConsistencyToken: {
    name: 'Consistency-Token',
    in: 'header',
    description: 'From an earlier answer: this one will not be older.',
    schema: text(1_024),
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Makes a repeat safe for 24 hours: the same key and body get the same answer.',
    schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
  },
  IfMatch: ifMatch,
  IfMatchRequired: { ...ifMatch, required: true },
}

const header = (description: string, schema: Json = { type: 'string' }) => ({ description, schema })

/** Header fields of answers. */
export const headers: Json = {
  ETag: header('The version, quoted.'),
  'Consistency-Token': header(`Opaque; send it back as ${consistencyHeader} with the next read.`),
  'X-Correlation-Id': header('What this request is called in logs and events; always made here.'),
  'Retry-After': header('Seconds until it is worth trying again.', { type: 'integer', minimum: 1 }),
  RateLimit: header('Structured field: what is left of each limit, and when it is full again.'),
  'RateLimit-Policy': header('Structured field: the limits that hold for this route.'),
}
