import type { Context } from '@atrium/contracts/context.ts'
import { jetStreamOf, subjectOf } from '@atrium/contracts/naming.ts'
import { createInbox, headers, type Msg, type NatsConnection } from 'nats'
import type { RecordedEvent } from '../event-store/port.ts'
import { encodeHeaders, publishedText } from '../messaging/message.ts'
import type { StreamEnd } from '../messaging/stream.ts'

/** Publishes one run of events behind the end of a context's JetStream stream, many in flight. */
export interface Publisher {
  /** Resolves when all are sent. Throws once the run has failed. */
  publish(events: readonly RecordedEvent[]): Promise<void>
  /** The position of the last acknowledged event, and whether anything is under way behind it. */
  progress(): { readonly position: number; readonly inFlight: number }
  close(): void
}

export interface PublisherOptions {
  readonly nats: NatsConnection
  readonly context: Context
  readonly end: StreamEnd
  /** Called once, whatever failed. The publisher then sends nothing more. */
  onFailed(error: Error): void
}

const inFlightMax = 2_048
const inFlightBytesMax = 8 * 1024 * 1024
/**
 * An acknowledgement is asked for after this many messages, after this many bytes, and at the end.
 */
const unaskedMax = 64
const unaskedBytesMax = 256 * 1024
const acknowledgeLimitMs = 5_000
const checkEveryMs = 500

/**
 * Every message says which sequence and which event it follows, so the server takes a run as a
 * whole, or up to the first one that does not fit, and nothing behind it: two publishers can
 * neither double nor reorder. (The sequence alone would not do: a message of others could take the
 * place of one that it made the server refuse.) For the same reason the acknowledgement of one
 * message is that of all before it, and only few are asked for. The client's own `publish` waits
 * for each, and makes two errors with stack traces per message while it does.
 */
export function createPublisher({ nats, context, end, onFailed }: PublisherOptions): Publisher {
  const inbox = createInbox()
  const window = createWindow(end.position)
  const send = createSender(nats, context, end, { inbox, window })
  let failure: Error | undefined

  const fail = (error: Error) => {
    if (failure) return
    failure = error
    close()
    onFailed(error)
  }

  const subscription = nats.subscribe(`${inbox}.*`, {
    callback(error, message) {
      if (failure) return
      if (error) return fail(error)
      const upTo = Number(message.subject.slice(inbox.length + 1))
      const refusal = refusalOf(message, upTo)
      if (refusal) return fail(new Error(`${jetStreamOf(context)}: ${refusal}`))
      window.acknowledge(upTo)
    },
  })
  const watch = setInterval(() => {
    if (window.oldestWaitsMs() > acknowledgeLimitMs) {
      fail(new Error(`no acknowledgement within ${acknowledgeLimitMs} ms`))
    }
  }, checkEveryMs)

  function close() {
    clearInterval(watch)
    if (!subscription.isClosed()) subscription.unsubscribe()
    failure ??= new Error('the publisher is closed')
    window.open()
  }

  return {
    async publish(events) {
      for (const [index, event] of events.entries()) {
        // Without a pause what follows each other leaves together, not each in a write of its own.
        if (window.isFull()) await window.room(() => failure !== undefined)
        if (failure) throw failure
        send(event, index === events.length - 1)
      }
    },
    progress: window.progress,
    close,
  }
}

interface Asked {
  readonly sequence: number
  readonly position: number
  readonly messages: number
  readonly bytes: number
  readonly at: number
}

type Window = ReturnType<typeof createWindow>

/** What is under way: how much of it there may be, and how far it is acknowledged. */
function createWindow(from: number) {
  const asked: Asked[] = []
  let position = from
  let inFlight = 0
  let inFlightBytes = 0
  let onRoom: (() => void) | undefined
  const isFull = () => inFlight >= inFlightMax || inFlightBytes >= inFlightBytesMax

  return {
    isFull,

    sent(bytes: number) {
      inFlight += 1
      inFlightBytes += bytes
    },

    ask: (one: Asked) => void asked.push(one),

    acknowledge(upTo: number) {
      for (let next = asked[0]; next && next.sequence <= upTo; next = asked[0]) {
        asked.shift()
        inFlight -= next.messages
        inFlightBytes -= next.bytes
        position = next.position
      }
      onRoom?.()
    },

    /** Waits while too much is under way, or until it is over. */
    async room(isOver: () => boolean) {
      while (isFull() && !isOver()) {
        await new Promise<void>((resolve) => (onRoom = resolve))
      }
    },

    /** Lets whoever waits look again. */
    open: () => onRoom?.(),

    oldestWaitsMs: () => (asked[0] ? performance.now() - asked[0].at : 0),
    progress: () => ({ position, inFlight }),
  }
}

/** Sends one event behind the one before, and now and then asks how far the server has come. */
function createSender(
  nats: NatsConnection,
  context: Context,
  end: StreamEnd,
  { inbox, window }: { readonly inbox: string; readonly window: Window },
) {
  let block: Uint8Array = new Uint8Array()
  // The client encodes a message's headers by this one method; setting them one by one costs more
  // than all the rest.
  const carrier = Object.assign(headers(), { encode: () => block })
  let { sequence } = end
  let lastId: string | undefined
  let unasked = 0
  let unaskedBytes = 0

  return (event: RecordedEvent, isLast: boolean) => {
    const body = Buffer.from(publishedText(context, event))
    block = encodeHeaders(context, event, { lastSequence: sequence, lastId })
    const bytes = body.length + block.length
    lastId = event.id
    sequence += 1
    unasked += 1
    unaskedBytes += bytes
    window.sent(bytes)
    const subject = subjectOf(context, event.metadata.tenant, event.type)
    if (!isLast && unasked < unaskedMax && unaskedBytes < unaskedBytesMax) {
      nats.publish(subject, body, { headers: carrier })
      return
    }
    const { position } = event
    const at = performance.now()
    window.ask({ sequence, position, messages: unasked, bytes: unaskedBytes, at })
    unasked = 0
    unaskedBytes = 0
    nats.publish(subject, body, { headers: carrier, reply: `${inbox}.${sequence}` })
  }
}

/**
 * What is wrong with an acknowledgement; undefined for a good one. A duplicate is good where it
 * lies at the sequence that it should have: another leader, or this one before, has written the
 * same run.
 */
function refusalOf(message: Msg, expected: number): string | undefined {
  if (message.headers?.hasError) return message.headers.status
  const answer = message.json<{ seq?: number; error?: { code: number; description: string } }>()
  if (answer.error) return answer.error.description
  return answer.seq === expected ? undefined : `stored at ${answer.seq} instead of ${expected}`
}
