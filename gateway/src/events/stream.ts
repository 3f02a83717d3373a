import { contexts, type Context } from '@atrium/contracts/context.ts'
import { streamEvents } from '@atrium/contracts/routes.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import { sessionOf } from '@atrium/platform/identity/access-token.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsMsg, NatsConnection } from 'nats'
import type { Logger } from 'pino'
import type { Admission, Door } from '../door.ts'
import { bearerOf } from '../identity/visitor.ts'
import { createAudience } from './audience.ts'
import { catchUp } from './catch-up.ts'
import { createConnection, type Connection } from './connection.ts'
import { decodeCursor, type Cursor } from './cursor.ts'
import { deliveryOf, ownerOf } from './delivery.ts'
import { createFeed } from './feed.ts'

export interface EventLimits {
  readonly connectionsPerUserMax: number
  /** Of one tenant and context: more is not replayed, the client is told to begin anew. */
  readonly replayMax: number
  readonly heartbeatMs: number
}

export const defaultEventLimits: EventLimits = {
  connectionsPerUserMax: 8,
  replayMax: 10_000,
  heartbeatMs: 15_000,
}

export interface EventStreams {
  start(): void
  ready(): boolean
  /** Ends every stream, and then the feed. */
  close(): Promise<void>
}

interface Parameters {
  readonly door: Door
  readonly nats: NatsConnection
  readonly revocations: {
    isRevoked(sessionId: string): boolean | Promise<boolean>
    onRevoked(listener: (sessionId: string) => void): () => void
  }
  readonly logger: Logger
  readonly limits?: EventLimits
}

/** Where a user has too many streams: when to ask again. */
const retryAfterSeconds = 30
/** The client's pause before it connects again. */
const reconnectMs = 2_000

/** `GET /v1/events`: the public events that the caller caused or that follow from them. */
export function createEventStreams(parameters: Parameters): EventStreams {
  const { door, nats, revocations, logger, limits = defaultEventLimits } = parameters
  const audience = createAudience()

  const onMessage = (context: Context, message: JsMsg) => {
    try {
      const owner = ownerOf(message)
      const listeners = owner && audience.of(owner)
      if (!listeners) return
      const delivery = deliveryOf(context, message)
      for (const connection of listeners) connection.deliver(delivery)
    } catch (error) {
      logger.error({ err: error, source: context, sequence: message.seq }, 'not an event of ours')
    }
  }
  const feed = createFeed({ nats, contexts, logger, onMessage })
  const here = (): Cursor =>
    Object.fromEntries(contexts.map((context) => [context, feed.position(context) ?? 0]))

  const stopListening = revocations.onRevoked((sessionId) => {
    for (const connection of audience.all()) {
      if (connection.sessionId === sessionId) connection.end('session-revoked')
    }
  })
  /** Asked as well as told: where NATS is away, nobody tells. */
  const endIfRevoked = async (connection: Connection) => {
    try {
      if (await revocations.isRevoked(connection.sessionId)) connection.end('session-revoked')
    } catch {
      // Nobody can be asked just now; the next heartbeat asks again, and the token's end is near.
    }
  }
  const heartbeat = setInterval(() => {
    for (const connection of audience.all()) {
      connection.passed(here())
      void endIfRevoked(connection)
    }
  }, limits.heartbeatMs)

  door.admit(streamEvents, (request, reply, admission) => {
    if (!feed.started()) throw new Rejection('unavailable', { retryAfterSeconds: 1 })
    const begin = here()
    const opened = openConnection({ request, reply, admission, begin, audience, limits, logger })
    if (!opened) return
    const { connection, from } = opened
    void endIfRevoked(connection)
    catchUp({ nats, connection, from, begin, replayMax: limits.replayMax }).then(
      () => connection.passed({}),
      (error: unknown) => {
        logger.warn({ err: error, correlationId: admission.correlationId }, 'events not replayed')
        reply.raw.destroy() // The client comes again with the id that it has.
      },
    )
  })

  return {
    start: () => feed.start(),
    ready: () => feed.started(),
    async close() {
      clearInterval(heartbeat)
      stopListening()
      for (const connection of audience.all()) connection.end('shutting-down')
      await feed.close()
    },
  }
}

/** Undefined for HEAD, which is answered at once. Throws before anything is answered. */
function openConnection(parameters: {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly admission: Admission
  readonly begin: Cursor
  readonly audience: ReturnType<typeof createAudience>
  readonly limits: EventLimits
  readonly logger: Logger
}): { connection: Connection; from: Cursor } | undefined {
  const { request, reply, admission, begin, audience, limits, logger } = parameters
  const { caller } = admission.visitor
  if (!caller) throw new Rejection('not-signed-in')
  const owner = { tenant: caller.tenant, userId: caller.userId }
  const instanceId = instanceIdOf(request)
  if (audience.count(owner) >= limits.connectionsPerUserMax) throw tooMany(limits)

  const { raw: response } = reply
  writeHead(response, admission)
  if (request.method === 'HEAD') {
    response.end()
    return undefined
  }
  response.write(`retry: ${reconnectMs}\n\n`)
  const given = request.headers['last-event-id']
  const known = typeof given === 'string' && given !== '' ? decodeCursor(given, owner) : begin
  const from = known ?? begin
  const connection = createConnection({
    response,
    owner,
    sessionId: sessionOf(caller),
    cursor: from,
    instanceId,
    onSlow: () => logger.info({ correlationId: admission.correlationId }, 'a slow client'),
  })
  audience.add(connection)
  const expiry = setTimeout(() => connection.end('token-expired'), millisecondsLeft(request.raw))
  response.once('close', () => {
    audience.remove(connection)
    clearTimeout(expiry)
  })
  if (!known) connection.reset('unknown-id', begin)
  return { connection, from }
}

function instanceIdOf(request: FastifyRequest): string | undefined {
  const query = request.query as Readonly<Record<string, unknown>>
  for (const name of Object.keys(query)) {
    if (name === 'instanceId') continue
    throw invalid({ pointer: `/query/${name}`, code: 'unknown', detail: 'is not a parameter here' })
  }
  const { instanceId } = query
  if (instanceId === undefined) return undefined
  if (typeof instanceId === 'string' && instanceId.length <= 128) return instanceId
  throw invalid({ pointer: '/query/instanceId', code: 'wrong-format', detail: 'must be one id' })
}

function writeHead(response: ServerResponse, admission: Admission) {
  response.writeHead(200, [
    ...admission.headers,
    'content-type',
    'text/event-stream; charset=utf-8',
    'cache-control',
    'no-store',
    'x-accel-buffering',
    'no',
  ])
}

/** Until the access token, verified already, expires. */
function millisecondsLeft({ headers }: IncomingMessage): number {
  const [, payload = ''] = bearerOf(headers.authorization)?.split('.') ?? []
  const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number }
  return Math.max(0, exp * 1_000 - Date.now())
}

const tooMany = ({ connectionsPerUserMax }: EventLimits) =>
  new Rejection('rate-limited', {
    limit: 'stream-connections',
    'violated-policies': ['stream-connections'],
    connectionsMax: connectionsPerUserMax,
    retryAfterSeconds,
  })
