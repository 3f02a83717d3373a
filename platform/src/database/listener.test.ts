import { EventEmitter } from 'node:events'
import type { Client } from 'pg'
import { expect, test } from 'vitest'
import { createListener } from './listener.ts'

/** A connection that breaks while it is asked to listen, or works, as the pg client does both. */
function createConnection(breaks: boolean) {
  const emitter = new EventEmitter()
  const connection: object = Object.assign(emitter, {
    query: () => {
      if (!breaks) return Promise.resolve({ rows: [] })
      const lost = new Error('Connection terminated unexpectedly')
      emitter.emit('error', lost)
      // Later than the event, so that a promise nobody waits for is noticed before.
      return new Promise((_resolve, reject) => setImmediate(() => reject(lost)))
    },
    end: () => Promise.resolve(),
  })
  return connection as Client
}

test('a connection that breaks while it begins to listen is made again', async () => {
  let connections = 0
  let listening = 0
  const listener = createListener({
    database: {
      connect: () => Promise.resolve(createConnection((connections += 1) < 3)),
    },
    name: 'test',
    channels: ['one'],
    onNotification: () => {},
    onListening: () => (listening += 1),
    logger: { warn: () => {} },
  })
  await expect.poll(() => listening).toBe(1)
  expect(connections).toBe(3)
  await listener.close()
})
