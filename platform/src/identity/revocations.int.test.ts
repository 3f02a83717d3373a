import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import type { NatsConnection } from 'nats'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectNats } from '../messaging/nats.ts'
import { ensureStream } from '../messaging/stream.ts'
import { createLogger } from '../telemetry/logger.ts'
import { natsUrl } from '../testkit/test-servers.ts'
import { createRevocations, type Revocations } from './revocations.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
const staleAfterMs = 1_500

let direct: NatsConnection
let proxied: NatsConnection
let proxy: ReturnType<typeof createProxy>
let auth: Server
let asked: string[]
let revocations: Revocations
let sessions = 0

/** Between the process under test and NATS: can be cut, as a network is. */
function createProxy(target: { host: string; port: number }) {
  const sockets = new Set<Socket>()
  let cut = false
  const server = createTcpServer((socket) => {
    if (cut) return void socket.destroy()
    const upstream = connect(target)
    for (const end of [socket, upstream]) {
      sockets.add(end)
      end.on('error', () => {}).on('close', () => sockets.delete(end))
    }
    socket.pipe(upstream)
    upstream.pipe(socket)
    socket.on('close', () => upstream.destroy())
    upstream.on('close', () => socket.destroy())
  })
  return {
    server,
    cut(on: boolean) {
      cut = on
      if (on) for (const socket of sockets) socket.destroy()
    },
  }
}

const newSession = () => `ses_${(sessions += 1).toString(16).padStart(32, '0')}`

const revoke = (sessionId: string) =>
  direct.jetstream().publish('atrium.auth.acme.SessionRevoked', JSON.stringify({ sessionId }))

beforeAll(async () => {
  direct = await connectNats({ url: natsUrl(), name: 'test', logger })
  await ensureStream(direct, 'auth')
  const { hostname, port } = new URL(natsUrl())
  proxy = createProxy({ host: hostname, port: Number(port) })
  await once(proxy.server.listen(0, '127.0.0.1'), 'listening')
  auth = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end(JSON.stringify({ revoked: request.url?.endsWith('e') ?? false }))
  })
  await once(auth.listen(0, '127.0.0.1'), 'listening')
})

afterAll(async () => {
  await direct.close()
  proxy.cut(true)
  proxy.server.close()
  auth.close()
})

beforeEach(async () => {
  asked = []
  const url = new URL(natsUrl())
  url.port = String((proxy.server.address() as AddressInfo).port)
  proxied = await connectNats({ url: url.href, name: 'test', logger })
  const authUrl = `http://127.0.0.1:${(auth.address() as AddressInfo).port}`
  revocations = createRevocations({ nats: proxied, authUrl, logger, staleAfterMs })
})

afterEach(async () => {
  proxy.cut(false)
  await revocations.close()
  await proxied.close()
})

const untilReady = async () => {
  await expect.poll(() => revocations.ready()).toBe(true)
}

test('sessions that ended before the start are known when it is ready', async () => {
  const earlier = Array.from({ length: 30 }, newSession)
  await Promise.all(earlier.map(revoke))
  expect(revocations.ready()).toBe(false)
  revocations.start()
  await untilReady()
  expect(earlier.every((id) => revocations.isRevoked(id) === true)).toBe(true)
  expect(revocations.isRevoked(newSession())).toBe(false)
  expect(asked).toEqual([])
})

test('a session that ends is dead at once, and listeners are told once', async () => {
  revocations.start()
  await untilReady()
  const id = newSession()
  const told: string[] = []
  const stop = revocations.onRevoked((sessionId) => told.push(sessionId))
  await revoke(id)
  await expect.poll(() => revocations.isRevoked(id), { interval: 5 }).toBe(true)
  await revoke(id)
  stop()
  await revoke(newSession())
  revocations.note(id)
  expect(told).toEqual([id])
})

test('what was revoked while NATS was away is known when it is back', async () => {
  revocations.start()
  await untilReady()
  proxy.cut(true)
  await expect.poll(() => revocations.ready()).toBe(false)
  const id = newSession()
  await revoke(id)
  proxy.cut(false)
  await untilReady()
  expect(revocations.isRevoked(id)).toBe(true)
})

test('before it has listened auth is asked', async () => {
  expect(await revocations.isRevoked(`ses_${'e'.repeat(32)}`)).toBe(true)
  expect(await revocations.isRevoked(`ses_${'0'.repeat(32)}`)).toBe(false)
})

test('without NATS memory counts for a while, then auth is asked, then nobody passes', async () => {
  revocations.start()
  await untilReady()
  proxy.cut(true)
  await expect.poll(() => revocations.ready()).toBe(false)
  const [good, bad] = [`ses_${'0'.repeat(32)}`, `ses_${'e'.repeat(32)}`]
  expect(revocations.isRevoked(good)).toBe(false)
  expect(asked).toEqual([])
  await expect.poll(async () => revocations.isRevoked(good) === false).toBe(false)
  expect(await revocations.isRevoked(good)).toBe(false)
  expect(await revocations.isRevoked(bad)).toBe(true)
  expect(asked).toContain(`/internal/sessions/${bad}`)

  await new Promise((resolve) => auth.close(resolve).closeAllConnections())
  await expect(revocations.isRevoked(newSession())).rejects.toThrow('unavailable')
})
