import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { request } from 'undici'
import { bearer, openDoor, openService, until } from '../door-fixture.ts'

const ada = bearer({ userId: 'usr_ada', tenant: 'acme' })
const closings: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

it('does not count a client on its way who left while the token was checked', async () => {
  const service = await openService((_incoming, response) => response.end('here'))
  const checks: (() => void)[] = []
  let slow = true
  const fixture = await openDoor({
    upstreamUrl: service.url,
    upstreamLimits: { requestsInFlightMax: 1 },
    door: {
      identity: {
        verifier: {
          async verify() {
            if (slow) await new Promise<void>((resolve) => checks.push(resolve))
            return {
              userId: 'usr_ada',
              tenant: 'acme',
              sessionId: 'ses',
              platformAdministrator: false,
            }
          },
        },
        revocations: { isRevoked: () => false },
      },
    },
  })
  closings.push(fixture.close, service.close)
  let left = 0
  fixture.door.app.server.on('request', (_incoming, response) => {
    response.on('close', () => (left += 1))
  })
  const leaving = new AbortController()
  const asked = fetch(`${fixture.url}/v1/things`, { headers: ada, signal: leaving.signal })
  await until(() => checks.length === 1)
  leaving.abort()
  await asked.catch(() => undefined)
  await until(() => left === 1)
  slow = false
  for (const goOn of checks) goOn()
  const next = await request(`${fixture.url}/v1/things`, { headers: ada })
  expect([next.statusCode, await next.body.text()]).toEqual([200, 'here'])
  expect(service.requests).toHaveLength(1)
})

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
