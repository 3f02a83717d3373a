import { DebugEvents } from 'nats'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestNats, type TestNats } from '../testkit/messaging-context.ts'

let server: TestNats
beforeAll(async () => {
  server = await createTestNats()
})
afterAll(() => server.close())

it('comes back to a server that refused it for a while', async () => {
  const nats = await server.connect()
  let attempts = 0
  const watch = async () => {
    for await (const { type } of nats.status()) {
      if (type === DebugEvents.Reconnecting) attempts += 1
    }
  }
  void watch()
  await server.kill()
  await server.restart('not the usual one')
  const limit = { timeout: 60_000, interval: 20 }
  await vi.waitFor(() => expect(nats.isClosed() || attempts > 5).toBe(true), limit)
  await server.kill()
  await server.restart()
  await vi.waitFor(() => nats.flush(), limit)
})
