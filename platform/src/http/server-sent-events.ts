import { PassThrough, type Readable } from 'node:stream'

export interface ServerSentEvent {
  /** Its type; `message` without it. */
  readonly event?: string
  /** What a client names in Last-Event-ID. */
  readonly id?: string
  /** Sent as JSON. */
  readonly data: unknown
}

export interface EventStream {
  /** For an answer's `stream`, with `eventStreamHeaders`. */
  readonly stream: Readable
  send(event: ServerSentEvent): void
  /** Ends it after what was sent; sent later, nothing happens. */
  end(): void
}

export const eventStreamHeaders = { 'content-type': 'text/event-stream' } as const

/** Well below the time after which those in between take a silent connection for dead. */
const heartbeatEveryMs = 15_000

/** Not yet taken by the client when more comes: above it the client is too slow and is let go. */
const bufferedBytesMax = 1024 * 1024

/**
 * Server-sent events as the WHATWG HTML standard, section 9.2, has them, for an answer that goes on
 * until it is ended or the client leaves. Its head leaves at once, a comment comes now and then.
 */
export function createEventStream(
  options: { readonly heartbeatMs?: number; readonly onClose?: () => void } = {},
): EventStream {
  const { heartbeatMs = heartbeatEveryMs, onClose } = options
  const stream = new PassThrough({ highWaterMark: bufferedBytesMax })
  const heartbeat = setInterval(() => write(': heartbeat\n\n'), heartbeatMs)
  stream
    .on('error', () => {})
    .once('close', () => {
      clearInterval(heartbeat)
      onClose?.()
    })

  function write(text: string) {
    if (stream.destroyed || stream.writableEnded) return
    if (!stream.write(text)) stream.destroy(new Error('the client is too slow'))
  }

  write(': here\n\n')
  return {
    stream,
    send({ event, id, data }) {
      const lines = [
        ...(id === undefined ? [] : [`id: ${id}`]),
        ...(event === undefined ? [] : [`event: ${event}`]),
        `data: ${JSON.stringify(data)}`,
      ]
      write(`${lines.join('\n')}\n\n`)
    },
    end() {
      clearInterval(heartbeat)
      stream.end()
    },
  }
}
