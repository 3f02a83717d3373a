import { structuredFrom } from '@atrium/contracts/cloud-event.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { Actor } from '@atrium/contracts/metadata.ts'
import { headerGetter, readMessage } from '@atrium/platform/messaging/message.ts'
import type { JsMsg } from 'nats'
import type { Owner } from './cursor.ts'

/** One event on its way to whoever caused it, ready to be written. */
export interface Delivery {
  readonly context: Context
  /** Of the context's JetStream stream. */
  readonly sequence: number
  readonly type: string
  readonly instanceId: string | undefined
  /** The structured CloudEvent as JSON, on one line. */
  readonly text: string
}

/**
 * The person behind an event: who caused it, or what it follows from. Undefined where nobody is.
 */
export function ownerOf(message: JsMsg): Owner | undefined {
  const header = headerGetter(message.headers)
  const [tenant, actor] = [header('ce-tenant'), header('ce-actor')]
  if (tenant === undefined || actor === undefined) return undefined
  const { userId } = JSON.parse(actor) as Actor
  return userId === undefined ? undefined : { tenant, userId }
}

/** Throws for a message that is not one of ours. */
export function deliveryOf(context: Context, message: JsMsg): Delivery {
  const recorded = readMessage(message)
  const { instanceId } = recorded.data as { instanceId?: unknown }
  return {
    context,
    sequence: message.seq,
    type: recorded.type,
    instanceId: typeof instanceId === 'string' ? instanceId : undefined,
    text: JSON.stringify(structuredFrom(context, recorded)),
  }
}
