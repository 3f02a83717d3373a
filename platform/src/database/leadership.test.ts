import { EventEmitter } from 'node:events'
import type { Client } from 'pg'
import { expect, test, vi } from 'vitest'
import { createLogger } from '../telemetry/logger.ts'
import { createLeadership } from './leadership.ts'

/** A connection whose server died without a word, or one that gives the lock. */
function createConnection(isDead: boolean) {
  const connection: object = Object.assign(new EventEmitter(), {
    query: () => (isDead ? new Promise(() => {}) : Promise.resolve({ rows: [{ held: true }] })),
    end: () => Promise.resolve(),
  })
  return connection as Client
}

test('who waits for the lock leaves a connection that is dead', async () => {
  let connections = 0
  let leads = false
  const leadership = createLeadership({
    database: {
      connect: () => Promise.resolve(createConnection((connections += 1) === 1)),
    },
    name: 'test',
    logger: createLogger({ name: 'test', level: 'silent' }),
    async lead(signal) {
      leads = true
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  await vi.waitFor(() => expect(leads).toBe(true), { timeout: 60_000 })
  expect(connections).toBe(2)
  await leadership.close()
}, 90_000)
