import { setTimeout as delay } from 'node:timers/promises'
import { jetStreamOf } from '@atrium/contracts/naming.ts'
import { internalPaths } from '@atrium/contracts/routes.ts'
import { SessionId } from '@atrium/contracts/schema.ts'
import { LRUCache } from 'lru-cache'
import { AckPolicy, DeliverPolicy, nanos, type NatsConnection, type Subscription } from 'nats'
import { performance } from 'node:perf_hooks'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { watchDisconnect } from '../messaging/nats.ts'
import { jetStreamManager } from '../messaging/stream.ts'
import { Rejection } from '../rejection.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface Revocations {
  /** Begins to listen. Resolves at once; `ready` tells when the recent past is known. */
  start(): void
  ready(): boolean
  /**
   * Throws Rejection `unavailable` where neither NATS nor auth answers: nobody passes unchecked.
   */
  isRevoked(sessionId: string): Promise<boolean> | boolean
  /** For auth itself: what it has just revoked counts at once. */
  note(sessionId: string): void
  /** Tells of each session that ends, once. Returns how to stop. */
  onRevoked(listener: (sessionId: string) => void): () => void
  close(): Promise<void>
}

export interface RevocationsOptions {
  readonly nats: NatsConnection
  /** Auth's own address, for its internal path. */
  readonly authUrl: string
  readonly logger: Logger
  readonly staleAfterMs?: number
}

/** No access token lives longer, so no older revocation matters. */
const rememberedMs = 10 * 60_000
/** Clocks of the servers may differ, and the relay may have been behind. */
const marginMs = 60_000
/** So long without a sign of life from NATS, and auth is asked instead. */
const staleAfterMsDefault = 5_000
const heartbeatEveryMs = 1_000
const retryMs = 250
const fetchBatch = 1_000
const fetchWaitMs = 2_000
const heartbeatTimeoutMs = 2_000
const askTimeoutMs = 2_000
/** Auth is asked about one session at most this often. */
const askedRememberedMs = 500
const askedMax = 10_000

const subject = 'atrium.auth.*.SessionRevoked'

const RevokedData = Compile(Type.Object({ sessionId: SessionId }))
const StatusAnswer = Compile(Type.Object({ revoked: Type.Boolean() }))

/**
 * The sessions that have ended within the life of an access token. Live ones come by a plain
 * subscription, within milliseconds; at the start, and after each time that NATS was away, the last
 * minutes are read from auth's JetStream stream, which missed nothing.
 */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { nats, logger, staleAfterMs = staleAfterMsDefault } = options
  const ended = createEndedSessions()
  const askAuth = createAsk(options.authUrl)
  const closing = new AbortController()
  /** How often the connection was lost: what was sent meanwhile never came. */
  let losses = 0
  let complete = false
  let completeAtMs = Number.NEGATIVE_INFINITY
  let live: Subscription | undefined
  let watch: { stop(): void } | undefined
  let work = Promise.resolve()

  const noteMessage = (bytes: Uint8Array) => {
    const sessionId = sessionIdIn(bytes)
    if (sessionId === undefined) logger.error('a SessionRevoked message without its session')
    else ended.add(sessionId)
  }

  const lost = () => {
    losses += 1
    complete = false
  }

  /** One sign of life, and after a loss what was missed. */
  async function beat(): Promise<void> {
    const lossesBefore = losses
    if (!(await answers(nats, closing.signal))) return lost()
    try {
      if (!complete) for await (const bytes of readRecent(nats)) noteMessage(bytes)
    } catch (error) {
      return logger.debug({ err: error }, 'recent revocations cannot be read yet')
    }
    complete = losses === lossesBefore
    if (complete) completeAtMs = performance.now()
  }

  async function keepUp(): Promise<void> {
    for (; !closing.signal.aborted; ended.forgetOld()) {
      await beat()
      await pause(complete ? heartbeatEveryMs : retryMs, closing.signal)
    }
  }

  const isCurrent = () => performance.now() - completeAtMs < staleAfterMs

  return {
    start() {
      if (live) return
      live = nats.subscribe(subject, {
        callback: (error, message) => (error ? lost() : noteMessage(message.data)),
      })
      watch = watchDisconnect(nats, lost)
      work = keepUp()
    },
    ready: () => complete && isCurrent(),
    isRevoked(sessionId) {
      if (ended.has(sessionId)) return true
      return isCurrent() ? false : askAuth(sessionId)
    },
    note: ended.add,
    onRevoked: ended.onAdded,
    async close() {
      closing.abort()
      watch?.stop()
      if (!nats.isClosed()) live?.unsubscribe()
      await work
    },
  }
}

/** Grows with the sessions that end within eleven minutes: none of them may be forgotten sooner. */
function createEndedSessions() {
  const untilMs = new Map<string, number>()
  const listeners = new Set<(sessionId: string) => void>()
  return {
    has: (sessionId: string) => untilMs.has(sessionId),
    add(sessionId: string) {
      if (untilMs.has(sessionId)) return
      untilMs.set(sessionId, performance.now() + rememberedMs + marginMs)
      for (const listener of listeners) listener(sessionId)
    },
    /** In the order in which they were added, so the first that is still young ends the search. */
    forgetOld() {
      for (const [sessionId, until] of untilMs) {
        if (until > performance.now()) return
        untilMs.delete(sessionId)
      }
    },
    onAdded(listener: (sessionId: string) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

async function answers(nats: NatsConnection, signal: AbortSignal): Promise<boolean> {
  const flushed = nats.flush().then(
    () => true,
    () => false,
  )
  return Promise.race([flushed, pause(heartbeatTimeoutMs, signal).then(() => false)])
}

/** The bodies of the last minutes' messages. Throws where they cannot be read to their end. */
async function* readRecent(nats: NatsConnection): AsyncGenerator<Uint8Array> {
  const stream = jetStreamOf('auth')
  const manager = await jetStreamManager(nats)
  const consumer = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: new Date(Date.now() - rememberedMs - marginMs).toISOString(),
    filter_subject: subject,
    inactive_threshold: nanos(30_000),
    mem_storage: true,
    num_replicas: 1,
  })
  const messages = await nats.jetstream().consumers.get(stream, consumer.name)
  for (let left = consumer.num_pending; left > 0;) {
    const wanted = Math.min(left, fetchBatch)
    const before = left
    for await (const { data } of await messages.fetch({
      max_messages: wanted,
      expires: fetchWaitMs,
    })) {
      left -= 1
      yield data
    }
    if (left === before) throw new Error(`${stream} gave nothing while ${left} were pending`)
  }
  await messages.delete()
}

/** Whether auth says that a session has ended. */
function createAsk(authUrl: string) {
  const asked = new LRUCache<string, Promise<boolean>>({ max: askedMax, ttl: askedRememberedMs })
  const ask = async (sessionId: string): Promise<boolean> => {
    const path = internalPaths.sessionStatus.replace(':sessionId', encodeURIComponent(sessionId))
    try {
      const signal = AbortSignal.timeout(askTimeoutMs)
      const response = await fetch(new URL(path, authUrl), { signal })
      const answer: unknown = await response.json()
      if (!response.ok || !StatusAnswer.Check(answer)) throw new Error(`auth: ${response.status}`)
      return answer.revoked
    } catch (error) {
      throw new Rejection('unavailable', {}, { cause: error })
    }
  }
  return (sessionId: string) => {
    const known = asked.get(sessionId)
    if (known) return known
    const answer = ask(sessionId)
    asked.set(sessionId, answer)
    return answer
  }
}

function sessionIdIn(bytes: Uint8Array): string | undefined {
  try {
    const data: unknown = JSON.parse(Buffer.from(bytes).toString())
    return RevokedData.Check(data) ? data.sessionId : undefined
  } catch {
    return undefined
  }
}

/** Resolves after the time, or when the signal ends it. */
const pause = (ms: number, signal: AbortSignal) =>
  delay(ms, undefined, { signal }).catch(() => undefined)
