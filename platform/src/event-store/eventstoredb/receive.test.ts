import { PassThrough } from 'node:stream'
import { ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import { expect, test } from 'vitest'
import { receive, type IncomingCall } from './receive.ts'

const mib = 1024 * 1024

function messageOf(sizeBytes: number) {
  const message = new ReadResp()
  const event = new ReadResp.ReadEvent()
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
  recorded.setData(new Uint8Array(sizeBytes))
  event.setEvent(recorded)
  message.setEvent(event)
  return message
}

/** A call that brings these messages as fast as they are taken. */
function callOf(messages: readonly ReadResp[]): IncomingCall {
  const stream = new PassThrough({ objectMode: true, highWaterMark: messages.length })
  for (const message of messages) stream.write(message)
  stream.end()
  return Object.assign(stream, { cancel: () => undefined })
}

test.each([
  ['so many small ones', 100, 10, 10],
  ['4 MiB of large ones', mib, 500, 4],
])('holds %s at once, and the server has to wait', async (_what, sizeBytes, messagesMax, held) => {
  const messages = Array.from({ length: 12 }, () => messageOf(sizeBytes))
  const signal = new AbortController().signal
  const batches: number[] = []
  for await (const batch of receive(callOf(messages), { messagesMax, signal })) {
    batches.push(batch.length)
  }
  expect(Math.max(...batches)).toBe(held)
  expect(batches.reduce((sum, length) => sum + length, 0)).toBe(12)
})
