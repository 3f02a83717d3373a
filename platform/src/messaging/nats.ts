import { setTimeout as delay } from 'node:timers/promises'
import { connect, Events, type NatsConnection, type Status } from 'nats'
import type { Logger } from 'pino'
import { parseNatsUrl } from './nats-url.ts'

export interface ConnectNatsOptions {
  /** `nats://user:password@host:port`; several servers of one cluster are separated by commas. */
  readonly url: string
  /** Shown by the server's monitoring. */
  readonly name: string
  readonly logger: Logger
  readonly signal?: AbortSignal
}

const reconnectFirstMs = 50
const reconnectLongestMs = 2_000
const pingIntervalMs = 10_000
const pingsUnansweredMax = 2

/** Connects, however long the server takes to come, and reconnects for ever. */
export async function connectNats(options: ConnectNatsOptions): Promise<NatsConnection> {
  const { url, name, logger, signal } = options
  let attempt = 0
  const address = parseNatsUrl(url)
  const backOffMs = () => {
    const limit = Math.min(reconnectFirstMs * 2 ** attempt, reconnectLongestMs)
    attempt = Math.min(attempt + 1, 10)
    return limit * (0.5 + Math.random() / 2)
  }
  for (;;) {
    signal?.throwIfAborted()
    try {
      const nats = await connect({
        ...address,
        servers: [...address.servers],
        name,
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true, // a server whose users are not loaded yet refuses for a while
        reconnectDelayHandler: backOffMs,
        pingInterval: pingIntervalMs,
        maxPingOut: pingsUnansweredMax,
      })
      attempt = 0
      void logStatus(nats, logger, () => (attempt = 0))
      return nats
    } catch (error) {
      logger.warn({ err: error }, 'NATS does not answer yet')
      await delay(backOffMs(), undefined, signal ? { signal } : {})
    }
  }
}

async function logStatus(nats: NatsConnection, logger: Logger, onReconnect: () => void) {
  for await (const { type, data } of nats.status()) {
    if (type === Events.Disconnect) logger.warn('the connection to NATS is lost')
    else if (type === Events.Reconnect) {
      onReconnect()
      logger.info('connected to NATS again')
    } else if (type === Events.Error) logger.warn({ code: data }, 'NATS reports an error')
  }
}

/** Calls back when the connection is lost, or closed, until `stop` is called. */
export function watchDisconnect(nats: NatsConnection, onLost: () => void): { stop(): void } {
  const statuses = nats.status() as AsyncIterable<Status> & { stop?: () => void }
  let stopped = false
  const watch = async () => {
    for await (const { type } of statuses) {
      if (stopped) return
      if (type === Events.Disconnect) onLost()
    }
    if (!stopped) onLost()
  }
  void watch()
  return {
    stop() {
      stopped = true
      statuses.stop?.()
    },
  }
}

/** Resolves when the server answers, after a reconnect if need be. Throws by signal. */
export async function untilConnected(nats: NatsConnection, signal: AbortSignal): Promise<void> {
  const gone = Promise.withResolvers<never>()
  const onAbort = () => gone.reject(signal.reason as Error)
  signal.throwIfAborted()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([nats.flush(), gone.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
