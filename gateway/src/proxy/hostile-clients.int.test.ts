import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { request } from 'undici'
import { bearer, openDoor, openService, until } from '../door-fixture.ts'
import { createMemoryCounter } from '../limits/memory-counter.ts'

const ada = bearer({ userId: 'usr_ada', tenant: 'acme' })
const closings: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

const caller = { userId: 'usr_ada', tenant: 'acme', sessionId: 's', platformAdministrator: false }

it('does not take a client for one on its way who left before it was let in', async () => {
  const service = await openService((_incoming, response) => response.end('here'))
  closings.push(service.close)
  for (const where of ['token', 'limits']) {
    const gate = createGate()
    const counter = createMemoryCounter()
    const { url, door, logged, close } = await openDoor({
      upstreamUrl: service.url,
      upstreamLimits: { requestsInFlightMax: 1 },
      door: {
        identity: {
          verifier: { verify: async () => (where === 'token' ? gate.pass(caller) : caller) },
          revocations: { isRevoked: () => false },
        },
        counter: {
          ...counter,
          take: async (meters) =>
            where === 'limits' ? gate.pass(counter.take(meters)) : counter.take(meters),
        },
      },
    })
    closings.push(close)
    let left = 0
    door.app.server.on('request', (_incoming, response) => response.on('close', () => (left += 1)))
    const leaving = new AbortController()
    const asked = fetch(`${url}/v1/things`, { headers: ada, signal: leaving.signal })
    await until(() => gate.waiting() === 1)
    leaving.abort()
    await asked.catch(() => undefined)
    await until(() => left === 1)
    gate.open()
    const next = await request(`${url}/v1/things`, { headers: ada })
    expect([where, next.statusCode, await next.body.text()]).toEqual([where, 200, 'here'])
    expect(JSON.stringify(logged)).not.toContain('failed')
  }
  expect(service.requests).toHaveLength(2)
})

it('takes no failure of its own from a client who left at once', async () => {
  const service = await openService((_incoming, response) => response.end('here'))
  const { url, door, logged, close } = await openDoor({ upstreamUrl: service.url })
  closings.push(close, service.close)
  let left = 0
  door.app.server.prependOnceListener('request', (incoming, response) => {
    response.on('close', () => (left += 1))
    incoming.socket.resetAndDestroy()
  })
  await fetch(`${url}/v1/things`, { headers: ada }).catch(() => undefined)
  await until(() => left === 1)
  const next = await request(`${url}/v1/things`, { headers: ada })
  expect([next.statusCode, await next.body.text()]).toEqual([200, 'here'])
  expect(JSON.stringify(logged)).not.toContain('failed')
  expect(service.requests).toHaveLength(1)
})

/** Holds back what passes until it is open. */
function createGate() {
  const opened = Promise.withResolvers<void>()
  let waiting = 0
  return {
    waiting: () => waiting,
    open: () => opened.resolve(),
    async pass<Value>(value: Value) {
      waiting += 1
      await opened.promise
      return value
    },
  }
}

it('lets clients that send their bodies slowly hold no connection to a service', async () => {
  const service = await openService((incoming, response) => {
    void text(incoming).then(
      (body) => response.end(body),
      () => undefined,
    )
  })
  const fixture = await openDoor({
    upstreamUrl: service.url,
    upstreamLimits: { connectionsMax: 2, headersTimeoutMs: 2_000 },
  })
  closings.push(fixture.close, service.close)
  const sockets = await Promise.all(Array.from({ length: 4 }, () => begin(fixture.port)))
  closings.push(() => sockets.forEach((socket) => socket.destroy()))
  const next = await request(`${fixture.url}/v1/things`, {
    method: 'POST',
    headers: ada,
    body: 'quick',
  })
  expect([next.statusCode, await next.body.text()]).toEqual([200, 'quick'])
  expect(service.requests).toHaveLength(1)
  const [slow] = sockets
  let answer = ''
  slow?.on('data', (chunk) => (answer += chunk.toString()))
  slow?.write('y'.repeat(99))
  await until(() => answer.includes(`x${'y'.repeat(99)}`))
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
})

/** A write whose body has begun and does not go on. */
async function begin(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  const head = ['POST /v1/things HTTP/1.1', 'Host: x', `Authorization: ${ada.authorization}`]
  const lines = [...head, 'Content-Length: 100', '', 'x']
  await new Promise<void>((resolve) => socket.write(lines.join('\r\n'), () => resolve()))
  return socket
}
