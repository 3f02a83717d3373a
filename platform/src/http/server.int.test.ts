import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Type } from 'typebox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bearer, createTestHttpServer, testRoute } from '../testkit/http-server.ts'
import { mount } from './route.ts'

let server: ReturnType<typeof createTestHttpServer>
let port: number
let hold: PromiseWithResolvers<void>
let aborted: PromiseWithResolvers<unknown>

beforeEach(async () => {
  hold = Promise.withResolvers()
  aborted = Promise.withResolvers()
  server = createTestHttpServer({ limits: { headersTimeoutMs: 200, requestTimeoutMs: 200 } })
  const body = Type.Object({ name: Type.String() })
  mount(server.app, testRoute({ permission: 'anyone' }), async () => ({ status: 200 }))
  mount(server.app, testRoute({ method: 'POST', body }), async () => ({ status: 200 }))
  mount(server.app, testRoute({ path: '/v1/slow' }), async ({ signal }) => {
    signal.addEventListener('abort', () => aborted.resolve(signal.reason))
    await hold.promise
    return { status: 204 }
  })
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  port = (server.app.server.address() as AddressInfo).port
})

afterEach(async () => {
  hold.resolve()
  await server.app.close()
})

/** What comes back for raw bytes, until the server hangs up. */
async function speak(bytes: string): Promise<{ status: number; problem: { code: string } }> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let answer = ''
  socket.on('data', (chunk: string) => (answer += chunk))
  socket.write(bytes)
  await once(socket, 'close')
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect(head).toContain('content-type: application/problem+json')
  return {
    status: Number(head.split(' ')[1]),
    problem: JSON.parse(body) as { code: string },
  }
}

test('what is no HTTP is answered with a problem', async () => {
  const answer = await speak('nonsense\r\n\r\n')
  expect(answer).toMatchObject({ status: 400, problem: { code: 'malformed-request' } })
})

test('too many header bytes are 431', async () => {
  const answer = await speak(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
  expect(answer).toMatchObject({ status: 431, problem: { code: 'headers-too-large' } })
})

test('a head and a body that do not arrive in time are 408', { timeout: 90_000 }, async () => {
  const head = 'POST /v1/things HTTP/1.1\r\nhost: x\r\n'
  const authorization = `authorization: ${bearer().authorization}\r\n`
  const [headOnly, bodyMissing] = await Promise.all([
    speak(head),
    speak(`${head}${authorization}content-type: application/json\r\ncontent-length: 9\r\n\r\n{`),
  ])
  expect(headOnly).toMatchObject({ status: 408, problem: { code: 'request-timeout' } })
  expect(bodyMissing).toMatchObject({ status: 408, problem: { code: 'request-timeout' } })
})

test('a length that lies and a body in pieces beyond the limit are refused', async () => {
  const socket = request({
    port,
    method: 'POST',
    path: '/v1/things',
    headers: { ...bearer(), 'content-type': 'application/json' },
  })
  socket.on('error', () => {}) // the server may hang up before all is sent
  socket.end(`{"name":"${'x'.repeat(300 * 1_024)}"}`)
  const [response] = (await once(socket, 'response')) as [{ statusCode: number }]
  expect(response.statusCode).toBe(413)
})

test('a handler is told when its client has gone', async () => {
  const client = request({ port, path: '/v1/slow', headers: bearer() })
  client.on('error', () => {})
  client.end()
  await expect.poll(() => server.app.server.listening).toBe(true)
  await once(server.app.server, 'request')
  client.destroy()
  await expect(aborted.promise).resolves.toMatchObject({ message: 'the client has gone' })
})

test('closing finishes what was accepted, and takes nothing new', async () => {
  const slow = fetch(`http://127.0.0.1:${port}/v1/slow`, { headers: bearer() })
  await once(server.app.server, 'request')
  const closed = server.app.close()
  await expect.poll(() => server.app.server.listening).toBe(false)
  await expect(fetch(`http://127.0.0.1:${port}/v1/things`)).rejects.toThrow('fetch failed')
  hold.resolve()
  expect((await slow).status).toBe(204)
  await closed
})
