import type { Context } from '@atrium/contracts/context.ts'
import { jetStreamOf } from '@atrium/contracts/naming.ts'
import { AckPolicy, DeliverPolicy, nanos, type JsMsg, type NatsConnection } from 'nats'
import { jetStreamManager } from './stream.ts'

/** What was missed is more than is replayed, or the position is none of this stream. */
export class CannotReplay extends Error {
  override readonly name = 'CannotReplay'
}

const batchMax = 500
const batchWaitMs = 3_000
const consumerIdleMs = 15_000

/**
 * The messages of one tenant behind a sequence of a context, up to what is there now; they are
 * filtered by the server. Throws CannotReplay for more than `messagesMax`, before reading any.
 */
export async function* replay(parameters: {
  readonly nats: NatsConnection
  readonly context: Context
  readonly tenant: string
  readonly after: number
  readonly messagesMax: number
}): AsyncGenerator<JsMsg> {
  const { nats, context, tenant, after, messagesMax } = parameters
  const stream = jetStreamOf(context)
  const manager = await jetStreamManager(nats)
  const consumer = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    filter_subject: `atrium.${context}.${tenant}.>`,
    inactive_threshold: nanos(consumerIdleMs),
    mem_storage: true,
    num_replicas: 1,
  })
  try {
    if (consumer.num_pending > messagesMax) {
      throw new CannotReplay(`${consumer.num_pending} events were missed`)
    }
    const messages = await nats.jetstream().consumers.get(stream, consumer.name)
    for (let left = consumer.num_pending; left > 0;) {
      const before = left
      const wanted = { max_messages: Math.min(left, batchMax), expires: batchWaitMs }
      for await (const message of await messages.fetch(wanted)) {
        left -= 1
        yield message
      }
      if (left === before) throw new Error(`${stream} gave nothing while ${left} were pending`)
    }
  } finally {
    await manager.consumers.delete(stream, consumer.name).catch(() => false)
  }
}
