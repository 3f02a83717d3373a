import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import { failureOf } from './failure.ts'

/** As much of a gRPC call as is needed to read it. */
export interface IncomingCall {
  on(event: 'data', listener: (message: ReadResp) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'end', listener: () => void): unknown
  pause(): unknown
  resume(): unknown
  cancel(): void
}

export interface ReceiveLimits {
  /** Messages held here while the consumer is busy; beyond them the server has to wait. */
  readonly messagesMax: number
  /** A read that brings nothing for so long is broken off. Absent: a subscription may be silent. */
  readonly silenceMaxMs?: number
  readonly signal: AbortSignal
}

/** And so much of events' data. */
const heldBytesMax = 4 * 1024 * 1024

/** A read brought nothing for too long. */
export class ReadSilent extends Error {
  override readonly name = 'ReadSilent'
}

/**
 * The messages of a read or a subscription, as many at once as have come since the last. Ends with
 * the call or by the signal, and throws the call's error after everything that came before it.
 */
export async function* receive(
  call: IncomingCall,
  { messagesMax, silenceMaxMs, signal }: ReceiveLimits,
): AsyncGenerator<readonly ReadResp[], void, undefined> {
  let arrived: ReadResp[] = []
  let arrivedBytes = 0
  let ended = false
  let failure: Error | undefined
  let wake = () => {}
  const end = () => {
    ended = true
    wake()
  }
  call.on('data', (message: ReadResp) => {
    arrived.push(message)
    arrivedBytes += message.getEvent()?.getEvent()?.getData().length ?? 0
    if (arrived.length >= messagesMax || arrivedBytes >= heldBytesMax) call.pause()
    wake()
  })
  call.on('error', (error: unknown) => {
    failure ??= failureOf(error)
    end()
  })
  call.on('end', end)
  signal.addEventListener('abort', end)
  const nextMessage = () =>
    new Promise<void>((resolve) => {
      const timer = silenceMaxMs === undefined ? undefined : setTimeout(resolve, silenceMaxMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  try {
    while (!signal.aborted) {
      if (arrived.length > 0) {
        const messages = arrived
        arrived = []
        arrivedBytes = 0
        call.resume()
        yield messages
      } else if (failure) {
        throw failure
      } else if (ended) {
        return
      } else {
        await nextMessage()
        if (arrived.length === 0 && !ended) {
          throw new ReadSilent(`Nothing came for ${silenceMaxMs} ms.`)
        }
        await nextTurn() // what came over the network together is handed over together
      }
    }
  } finally {
    signal.removeEventListener('abort', end)
    call.cancel()
  }
}
