import { contexts } from '@atrium/contracts/context.ts'
import { CannotReplay, replay } from '@atrium/platform/messaging/replay.ts'
import type { NatsConnection } from 'nats'
import type { Connection } from './connection.ts'
import type { Cursor } from './cursor.ts'
import { deliveryOf, ownerOf } from './delivery.ts'

/**
 * Writes what the connection missed from `from` to `begin`, then what came live meanwhile. Where
 * that is more than `replayMax` of a context, or lies ahead of it, the client is told to begin
 * anew.
 * Order holds within a context, not between them.
 */
export async function catchUp(parameters: {
  readonly nats: NatsConnection
  readonly connection: Connection
  readonly from: Cursor
  readonly begin: Cursor
  readonly replayMax: number
}) {
  const { nats, connection, from, begin, replayMax: messagesMax } = parameters
  const { tenant, userId } = connection.owner
  try {
    for (const context of contexts) {
      const [after, until] = [from[context] ?? 0, begin[context] ?? 0]
      if (after > until) throw new CannotReplay('the position is ahead of the stream')
      if (after === until) continue
      for await (const message of replay({ nats, context, tenant, after, messagesMax })) {
        if (connection.closed()) return
        if (ownerOf(message)?.userId !== userId) continue
        await connection.replayed(deliveryOf(context, message))
      }
    }
  } catch (error) {
    if (!(error instanceof CannotReplay)) throw error
    connection.reset('too-old', begin)
  }
  connection.goLive()
}
