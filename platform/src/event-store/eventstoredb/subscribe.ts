import type { RecordedEvent, SubscribeOptions } from '../port.ts'
import { backOffMs, failureOf, pause } from './failure.ts'
import { matches, matchesNothing, recordedEvent, subscribeRequest } from './protocol.ts'
import type { Reading } from './read.ts'
import { receive } from './receive.ts'

/** Told of each time that a subscription has to begin again; the subscription goes on. */
export type OnResubscribe = (error: Error, failures: number) => void

/**
 * A subscription never resumes by itself and says nothing after its error, so this begins it again
 * after the last event that was handed over: when the server went away, when it dropped a consumer
 * that lagged behind a burst, when the leader changed. It goes on trying until the signal.
 */
export async function* subscribe(
  { connection, limits, closed }: Reading,
  { after, filter, signal, batchSizeMax = limits.batchSizeMax }: SubscribeOptions,
  onResubscribe: OnResubscribe,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const ended = AbortSignal.any([signal, closed])
  let position = after
  let failures = 0
  if (matchesNothing(filter)) await untilAborted(ended)
  while (!ended.aborted) {
    try {
      const call = await connection.read(subscribeRequest(position, filter))
      for await (const messages of receive(call, { messagesMax: batchSizeMax, signal: ended })) {
        const events: RecordedEvent[] = []
        for (const message of messages) {
          const event = recordedEvent(message)
          if (event && matches(event, filter)) events.push(event)
        }
        failures = 0
        const last = events.at(-1)
        if (!last) continue
        yield events
        position = last.position
      }
      throw new Error('The server ended the subscription.')
    } catch (thrown) {
      if (ended.aborted) return
      failures += 1
      onResubscribe(failureOf(thrown), failures)
      await pause(backOffMs(failures), ended)
    }
  }
}

async function untilAborted(signal: AbortSignal) {
  if (signal.aborted) return
  await new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
}
