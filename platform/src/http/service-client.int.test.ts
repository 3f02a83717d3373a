import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { StoreUnavailable } from '../event-store/port.ts'
import { createServiceTokens, NoSuchUser } from '../identity/service-tokens.ts'
import { createServiceClient } from './service-client.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ada = { tenant: 'acme', userId: 'usr_ada' }
const asked = { ...ada, correlationId: 'the click' }

/** Auth, which counts what it is asked, and knows Ada alone. */
async function openAuth() {
  const requests: { readonly secret: string | undefined; readonly body: unknown }[] = []
  const url = await serve((request, response) => {
    void json(request).then((body) => {
      requests.push({ secret: request.headers.authorization, body })
      const isKnown = (body as { userId: string }).userId === ada.userId
      response.statusCode = isKnown ? 200 : 404
      response.end(JSON.stringify({ token: `token-${requests.length}` }))
    })
  })
  return { url, requests }
}

const tokensFrom = (authUrl: string) =>
  createServiceTokens({ authUrl, secret: 'the secret', service: 'pdf' })

test('a service asks for a token once, however many requests it makes for a user', async () => {
  const auth = await openAuth()
  const seen: (string | undefined)[] = []
  const baseUrl = await serve((request, response) => {
    seen.push(request.headers.authorization)
    response.end('{}')
  })
  const client = createServiceClient({ baseUrl, tokens: tokensFrom(auth.url) })
  await Promise.all([client.request('GET', '/a', asked), client.request('GET', '/b', asked)])
  await client.request('GET', '/c', asked)
  expect(seen).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1'])
  expect(auth.requests).toEqual([{ secret: 'Bearer the secret', body: { service: 'pdf', ...ada } }])
})

test('nobody acts for a user who does not exist, and the next question is asked anew', async () => {
  const auth = await openAuth()
  const tokens = tokensFrom(auth.url)
  const nobody = { tenant: 'acme', userId: 'usr_nobody' }
  await expect(tokens.tokenFor(nobody)).rejects.toThrow(NoSuchUser)
  await expect(tokens.tokenFor(nobody)).rejects.toThrow(NoSuchUser)
  expect(auth.requests).toHaveLength(2)
})

test('a read is repeated where the service fails, a limited number of times', async () => {
  const auth = await openAuth()
  const paths: (string | undefined)[] = []
  const flaky = await serve((request: IncomingMessage, response) => {
    paths.push(request.url)
    if (paths.length === 1) return void request.socket.destroy()
    response.statusCode = paths.length === 2 ? 503 : 200
    response.end('{"ok":true}')
  })
  const tokens = tokensFrom(auth.url)
  const answer = await createServiceClient({ baseUrl: flaky, tokens }).request('GET', '/x', asked)
  expect(await answer.json()).toEqual({ ok: true })
  expect(paths).toEqual(['/x', '/x', '/x'])
})

test('a write without a key is sent once; what did not come back is unavailable', async () => {
  const auth = await openAuth()
  let sent = 0
  const broken = await serve((request) => {
    sent += 1
    request.socket.destroy()
  })
  const client = createServiceClient({ baseUrl: broken, tokens: tokensFrom(auth.url) })
  const single = client.request('POST', '/x', { ...asked, body: {} })
  await expect(single).rejects.toThrow(StoreUnavailable)
  expect(sent).toBe(1)
  const keyed = client.request('POST', '/x', { ...asked, body: {}, idempotencyKey: 'k' })
  await expect(keyed).rejects.toThrow(StoreUnavailable)
  expect(sent).toBe(5)
})

test('a refusal is an answer', async () => {
  const auth = await openAuth()
  const baseUrl = await serve((_request, response) => response.writeHead(404).end())
  const client = createServiceClient({ baseUrl, tokens: tokensFrom(auth.url) })
  expect((await client.request('GET', '/x', asked)).status).toBe(404)
})
