import { contexts, type Context } from '@atrium/contracts/context.ts'
import { streamEvents } from '@atrium/contracts/routes.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsMsg, NatsConnection } from 'nats'
import type { Logger } from 'pino'
import type { Admission, Door } from '../door.ts'
import { bearerOf } from '../identity/visitor.ts'
import { createConnection, type Connection } from './connection.ts'
import { decodeCursor, type Cursor, type Owner } from './cursor.ts'
import { deliveryOf, ownerOf } from './delivery.ts'
import { createFeed } from './feed.ts'
import { CannotReplay, replay } from './replay.ts'

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

const retryAfterSeconds = 30
/** The client's pause before it connects again, in milliseconds. */
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
  const stopListening = revocations.onRevoked((sessionId) => {
    for (const connection of audience.all()) {
      if (connection.sessionId === sessionId) connection.end('session-revoked')
    }
  })
  const heartbeat = setInterval(() => {
    for (const connection of audience.all()) {
      connection.passed(here())
      void endIfRevoked(connection)
    }
  }, limits.heartbeatMs)

  /** Also where NATS is away and tells of no revocation. */
  const endIfRevoked = async (connection: Connection) => {
    const revoked = await Promise.resolve(revocations.isRevoked(connection.sessionId)).catch(
      () => false,
    )
    if (revoked) connection.end('session-revoked')
  }
  const here = (): Cursor =>
    Object.fromEntries(contexts.map((context) => [context, feed.position(context) ?? 0]))

  door.admit(streamEvents, (request, reply, admission) => {
    const caller = admission.visitor.caller
    if (!caller) throw new Rejection('not-signed-in')
    const instanceId = instanceIdOf(request)
    if (!feed.started()) throw new Rejection('unavailable', { retryAfterSeconds: 1 })
    const owner: Owner = { tenant: caller.tenant, userId: caller.userId }
    if (audience.count(owner) >= limits.connectionsPerUserMax) throw tooMany(limits)

    const { raw: response } = reply
    writeHead(response, admission)
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    const begin = here()
    const lastEventId = request.headers['last-event-id']
    const given = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined
    const cursor = given === undefined ? begin : decodeCursor(given, owner)
    const connection = createConnection({
      response,
      owner,
      sessionId: caller.sessionId,
      cursor: cursor ?? begin,
      instanceId,
      onSlow: () => logger.info({ correlationId: admission.correlationId }, 'a slow client'),
    })
    audience.add(connection)
    const expiry = setTimeout(() => connection.end('token-expired'), millisecondsLeft(request.raw))
    response.once('close', () => {
      audience.remove(connection)
      clearTimeout(expiry)
    })
    void endIfRevoked(connection)
    if (cursor === undefined) connection.reset('unknown-id', begin)
    void catchUp(connection, cursor ?? begin, begin).catch((error: unknown) => {
      logger.warn({ err: error, correlationId: admission.correlationId }, 'events not replayed')
      response.destroy() // The client comes again with the id that it has.
    })
  })

  async function catchUp(connection: Connection, from: Cursor, begin: Cursor) {
    try {
      for (const context of contexts) {
        const [after, until] = [from[context] ?? 0, begin[context] ?? 0]
        if (after > until) throw new CannotReplay('the position is ahead of the stream')
        if (after < until) await replayContext(connection, context, after)
      }
    } catch (error) {
      if (!(error instanceof CannotReplay)) throw error
      connection.reset('too-old', begin)
    }
    connection.goLive()
    connection.passed({})
  }

  async function replayContext(connection: Connection, context: Context, after: number) {
    const { tenant, userId } = connection.owner
    const missed = replay({ nats, context, tenant, after, messagesMax: limits.replayMax })
    for await (const message of missed) {
      if (connection.closed()) return
      if (ownerOf(message)?.userId !== userId) continue
      await connection.replayed(deliveryOf(context, message))
    }
  }

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

/** The open connections, by their owner. */
function createAudience() {
  const byOwner = new Map<string, Set<Connection>>()
  const keyOf = ({ tenant, userId }: Owner) => `${tenant}\n${userId}`
  return {
    of: (owner: Owner): ReadonlySet<Connection> | undefined => byOwner.get(keyOf(owner)),
    count: (owner: Owner) => byOwner.get(keyOf(owner))?.size ?? 0,
    all: () => [...byOwner.values()].flatMap((connections) => [...connections]),
    add(connection: Connection) {
      const key = keyOf(connection.owner)
      byOwner.set(key, (byOwner.get(key) ?? new Set()).add(connection))
    },
    remove(connection: Connection) {
      const key = keyOf(connection.owner)
      const connections = byOwner.get(key)
      connections?.delete(connection)
      if (connections?.size === 0) byOwner.delete(key)
    },
  }
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
  response.write(`retry: ${reconnectMs}\n\n`)
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
