import type { Context } from '@atrium/contracts/context.ts'
import { jetStreamOf } from '@atrium/contracts/naming.ts'
import { ensureStream, jetStreamManager } from '@atrium/platform/messaging/stream.ts'
import type { JsMsg, NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { setTimeout as delay } from 'node:timers/promises'

export interface Feed {
  /**
   * The last sequence of a context that was handed on; undefined until the feed has begun there.
   */
  position(context: Context): number | undefined
  /** Whether every context's feed has begun. */
  started(): boolean
  start(): void
  close(): Promise<void>
}

const retryFirstMs = 100
const retryLongestMs = 5_000
const messagesHeldMax = 500

/**
 * Every public event of every context, in each context's order, once, from the moment of its start:
 * one ordered consumer per context for the whole process. Its position makes replay and live meet
 * without a gap. After a loss of NATS it goes on behind the last message that it handed on.
 */
export function createFeed(parameters: {
  readonly nats: NatsConnection
  readonly contexts: readonly Context[]
  readonly logger: Logger
  /** Must not throw. */
  readonly onMessage: (context: Context, message: JsMsg) => void
}): Feed {
  const { nats, contexts, logger, onMessage } = parameters
  const positions = new Map<Context, number>()
  const closing = new AbortController()
  const open = new Set<{ close(): Promise<unknown> }>()
  let following: Promise<unknown> = Promise.resolve()

  async function follow(context: Context) {
    let retryMs = retryFirstMs
    while (!closing.signal.aborted) {
      try {
        await ensureStream(nats, context)
        await consume(context, () => (retryMs = retryFirstMs))
      } catch (error) {
        if (closing.signal.aborted) return
        logger.debug({ err: error, source: context }, 'the feed of events begins again')
      }
      await delay(retryMs, undefined, { signal: closing.signal }).catch(() => undefined)
      retryMs = Math.min(retryMs * 2, retryLongestMs)
    }
  }

  async function consume(context: Context, onProgress: () => void) {
    const stream = jetStreamOf(context)
    const begin = positions.get(context) ?? (await endOf(stream))
    const consumer = await nats.jetstream().consumers.get(stream, { opt_start_seq: begin + 1 })
    const messages = await consumer.consume({ max_messages: messagesHeldMax })
    open.add(messages)
    positions.set(context, begin)
    try {
      for await (const message of messages) {
        const last = positions.get(context) ?? 0
        if (message.seq <= last) continue
        if (message.seq !== last + 1) throw new Error(`${stream} skipped from ${last}`)
        onMessage(context, message)
        positions.set(context, message.seq)
        onProgress()
      }
    } finally {
      open.delete(messages)
      void messages.close()
    }
  }

  async function endOf(stream: string) {
    const manager = await jetStreamManager(nats)
    const { state } = await manager.streams.info(stream)
    return state.last_seq
  }

  return {
    position: (context) => positions.get(context),
    started: () => contexts.every((context) => positions.has(context)),
    start() {
      following = Promise.all(contexts.map(follow))
    },
    async close() {
      closing.abort()
      for (const messages of open) void messages.close()
      await following
    },
  }
}
