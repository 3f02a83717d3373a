import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { request } from 'undici'
import {
  bearer,
  openDoor,
  openService,
  tokenFor,
  until,
  type DoorFixture,
  type FixtureOptions,
  type Service,
} from './door-fixture.ts'
import { policiesFrom } from './limits/policy.ts'

const ada = bearer({ userId: 'usr_ada', tenant: 'acme' })
const closings: (() => Promise<void>)[] = []
let service: Service

beforeEach(async () => {
  service = await openService((_incoming, response) => {
    response.writeHead(200, {
      'x-powered-by': 'secret',
      server: 'inner',
      connection: 'x-inner, keep-alive',
      'x-inner': 'hop',
      'x-correlation-id': 'from-inside',
      'consistency-token': 'abc',
    })
    response.end('{}')
  })
  closings.push(service.close)
})
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close()
})

async function open(options: Partial<FixtureOptions> = {}): Promise<DoorFixture> {
  const fixture = await openDoor({ upstreamUrl: service.url, ...options })
  closings.push(fixture.close)
  return fixture
}

const seen = () => service.requests.at(-1)?.headers ?? {}

describe('who comes in', () => {
  it('strips every field that claims an identity and says itself who and whence', async () => {
    const { url } = await open()
    const claims = {
      'x-atrium-tenant': 'evil',
      'x-atrium-anything': 'evil',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-user-id': 'evil',
      'x-user': 'evil',
      'x-auth-request-user': 'evil',
      'x-tenant': 'acme',
      'x-correlation-id': 'evil-evil',
      'x-original-url': '/internal',
      'x-http-method-override': 'DELETE',
      'proxy-authorization': 'evil',
      te: 'trailers',
      'x-kept': 'kept',
      'if-match': '"1"',
    }
    await request(`${url}/v1/things`, { headers: { ...ada, ...claims } })
    const headers = seen()
    expect(JSON.stringify(headers)).not.toMatch(/evil|6\.6\.6\.6|internal|trailers/)
    expect(headers).toMatchObject({
      'x-atrium-tenant': 'acme',
      'x-forwarded-for': '127.0.0.1',
      authorization: ada.authorization,
      'x-kept': 'kept',
      'if-match': '"1"',
    })
    expect(headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('passes no hop-by-hop field on, either way, and none that Connection names', async () => {
    const { port } = await open()
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.write(
      `GET /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: ${ada.authorization}\r\n` +
        'Connection: close, X-Mine\r\nX-Mine: hop\r\nKeep-Alive: timeout=9\r\n\r\n',
    )
    await until(() => answer.includes('{}'))
    socket.destroy()
    expect(seen()).not.toHaveProperty('x-mine')
    expect(seen()).not.toHaveProperty('keep-alive')
    expect(answer).not.toMatch(/x-inner|x-powered-by|server: inner|from-inside/i)
    expect(answer).toMatch(/consistency-token: abc/)
    expect(answer).toMatch(/x-content-type-options: nosniff/)
  })

  it('passes a valid traceparent on and drops any other', async () => {
    const { url } = await open()
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await request(`${url}/v1/things`, { headers: { ...ada, traceparent } })
    expect(seen()['traceparent']).toBe(traceparent)
    await request(`${url}/v1/things`, { headers: { ...ada, traceparent: 'nonsense' } })
    expect(seen()).not.toHaveProperty('traceparent')
  })

  it('answers 401 without a token, with a broken one, and after the session', async () => {
    const { url, revocations } = await open()
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: 'Basic YTpi' },
    ]) {
      const answer = await request(`${url}/v1/things`, { headers })
      expect(answer.statusCode).toBe(401)
      expect(answer.headers['www-authenticate']).toContain('Bearer')
      expect(await answer.body.json()).toMatchObject({ code: 'not-signed-in' })
    }
    expect((await request(`${url}/v1/things`, { headers: ada })).statusCode).toBe(200)
    revocations.revoke('ses-of-usr_ada')
    const ended = await request(`${url}/v1/things`, { headers: ada })
    expect(await ended.body.json()).toMatchObject({ status: 401, code: 'session-revoked' })
    expect(service.requests).toHaveLength(1)
  })

  it('lets anyone in where the route does, and passes on only a token that verifies', async () => {
    const { url, revocations } = await open()
    const post = (headers: Record<string, string>) =>
      request(`${url}/v1/open`, { method: 'POST', headers })
    expect((await post({ authorization: 'Bearer expired' })).statusCode).toBe(200)
    expect(seen()).not.toHaveProperty('authorization')
    await post(ada)
    expect(seen()).toMatchObject({ authorization: ada.authorization, 'x-atrium-tenant': 'acme' })
    revocations.revoke('ses-of-usr_ada')
    expect((await post(ada)).statusCode).toBe(200)
    expect(seen()).not.toHaveProperty('authorization')
  })

  it('finds the tenant in the token, else in X-Tenant, the host name or the default', async () => {
    const { url } = await open()
    const tenantFor = async (headers: Record<string, string>) => {
      const answer = await request(`${url}/v1/open`, { method: 'POST', headers })
      return answer.statusCode === 200 ? seen()['x-atrium-tenant'] : await answer.body.json()
    }
    expect(await tenantFor({})).toBe('default')
    expect(await tenantFor({ host: 'blue.atrium.example:8080' })).toBe('blue')
    expect(await tenantFor({ host: 'a.b.atrium.example' })).toBe('default')
    expect(await tenantFor({ host: 'blue.atrium.example', 'x-tenant': 'red' })).toBe('red')
    expect(await tenantFor({ ...ada, host: 'blue.atrium.example' })).toBe('acme')
    expect(await tenantFor({ 'x-tenant': 'no such/id' })).toMatchObject({ status: 400 })
    expect(await tenantFor({ ...ada, 'x-tenant': 'other' })).toMatchObject({
      status: 403,
      code: 'tenant-mismatch',
    })
  })

  it('takes the right-most address that is no trusted proxy, and nobody else for one', async () => {
    const headers = { ...ada, 'x-forwarded-for': '9.9.9.9, 8.8.8.8, 10.0.0.7' }
    const behind = await open({ door: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } })
    await request(`${behind.url}/v1/things`, { headers })
    expect(seen()['x-forwarded-for']).toBe('8.8.8.8')
    const alone = await open()
    await request(`${alone.url}/v1/things`, { headers })
    expect(seen()['x-forwarded-for']).toBe('127.0.0.1')
  })
})

describe('what the door answers itself', () => {
  it('answers 404 off the table and 405 on it, and asks no service', async () => {
    const { url } = await open()
    for (const path of ['/', '/v1', '/v1/nothing', '/internal/sessions/x', '/v1/things/a/b']) {
      const answer = await request(`${url}${path}`, { headers: ada })
      expect(answer.headers['content-type']).toContain('application/problem+json')
      expect(await answer.body.json()).toMatchObject({ status: 404, code: 'not-found' })
    }
    const wrong = await request(`${url}/v1/things`, { method: 'PUT', headers: ada, body: '{}' })
    expect(await wrong.body.json()).toMatchObject({ status: 405, code: 'method-not-allowed' })
    expect(wrong.headers['allow']).toBe('GET, HEAD, POST')
    expect(service.requests).toHaveLength(0)
  })

  it('refuses header fields that are too large', async () => {
    const { url } = await open()
    const answer = await request(`${url}/v1/things`, {
      headers: { ...ada, big: 'x'.repeat(20_000) },
    })
    expect(answer.statusCode).toBe(431)
  })

  it('lets only the configured origins call from a browser', async () => {
    const { url } = await open({ door: { corsOrigins: ['https://app.example'] } })
    const preflight = (origin: string) =>
      request(`${url}/v1/things`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      })
    const allowed = await preflight('https://app.example')
    expect(allowed.statusCode).toBe(204)
    expect(allowed.headers['access-control-allow-origin']).toBe('https://app.example')
    const refused = await preflight('https://evil.example')
    expect(refused.headers['access-control-allow-origin']).not.toBe('https://evil.example')
    const headers = { ...ada, origin: 'https://app.example' }
    const answer = await request(`${url}/v1/things`, { headers })
    expect(answer.headers['access-control-allow-origin']).toBe('https://app.example')
    expect(String(answer.headers['access-control-expose-headers'])).toContain('consistency-token')
  })

  it('logs one line for an answer, with no token, address or id of a thing', async () => {
    const { url, logged } = await open()
    await request(`${url}/v1/things/secret-thing?q=secret`, { headers: ada })
    await until(() => logged.length > 0)
    expect(logged[0]).toMatchObject({ route: '/v1/things/:thingId', status: 200, tenant: 'acme' })
    expect(JSON.stringify(logged)).not.toMatch(/secret|127\.0\.0\.1|Bearer/)
    expect(JSON.stringify(logged)).not.toContain(tokenFor({ userId: 'usr_ada' }).slice(4, 20))
  })
})

describe('limits', () => {
  const strict = policiesFrom(
    {
      read: {
        user: { limit: 2, windowSeconds: 60 },
        tenant: { limit: 5, windowSeconds: 30 },
        address: { limit: 100, windowSeconds: 60 },
      },
      credentials: { address: { limit: 1, windowSeconds: 60 } },
    },
    1,
  )

  it('tells with every answer the limits and what is left of the nearest', async () => {
    const { url } = await open({ door: { policies: strict } })
    const { headers } = await request(`${url}/v1/things`, { headers: ada })
    expect(headers['ratelimit-policy']).toBe(
      '"read-address";q=100;w=60,"read-user";q=2;w=60,"read-tenant";q=5;w=30',
    )
    expect(headers['ratelimit']).toBe('"read-user";r=1;t=60')
    expect(headers).not.toHaveProperty('x-ratelimit-limit')
  })

  it('answers 429 that says which limit and when again, without asking the service', async () => {
    const { url } = await open({ door: { policies: strict } })
    for (let at = 0; at < 2; at += 1) await request(`${url}/v1/things`, { headers: ada })
    const answer = await request(`${url}/v1/things`, { headers: ada })
    expect(answer.statusCode).toBe(429)
    expect(answer.headers['ratelimit']).toMatch(/^"read-user";r=0;t=\d+$/)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50)
    expect(await answer.body.json()).toMatchObject({
      code: 'rate-limited',
      limit: 'read-user',
      'violated-policies': ['read-user'],
    })
    expect(service.requests).toHaveLength(2)
  })

  it('counts users apart, and a user over theirs takes nothing from the tenant', async () => {
    const { url } = await open({ door: { policies: strict } })
    const ask = async (userId: string) =>
      (await request(`${url}/v1/things`, { headers: bearer({ userId, tenant: 'acme' }) }))
        .statusCode
    for (let at = 0; at < 6; at += 1) await ask('usr_greedy')
    expect([await ask('usr_b'), await ask('usr_b'), await ask('usr_c')]).toEqual([200, 200, 200])
    expect(await ask('usr_d')).toBe(429)
  })

  it('counts attempts with a wrong token against the address', async () => {
    const { url } = await open({ door: { policies: policiesFrom({}, 0.001) } })
    const ask = async () =>
      (await request(`${url}/v1/things`, { headers: { authorization: 'Bearer no' } })).statusCode
    const statuses = []
    for (let at = 0; at < 5; at += 1) statuses.push(await ask())
    expect(statuses).toEqual([401, 401, 401, 429, 429])
  })

  it('takes nothing from a tenant for who is refused at the door', async () => {
    const { url } = await open({ door: { policies: strict } })
    const headers = { 'x-tenant': 'acme' }
    for (let at = 0; at < 6; at += 1) {
      expect((await request(`${url}/v1/things`, { headers })).statusCode).toBe(401)
    }
    expect((await request(`${url}/v1/things`, { headers: ada })).statusCode).toBe(200)
  })

  it('counts before sign-in by address, and each class for itself', async () => {
    const { url } = await open({ door: { policies: strict } })
    const signIn = () => request(`${url}/v1/open`, { method: 'POST' })
    expect((await signIn()).statusCode).toBe(200)
    expect(await (await signIn()).body.json()).toMatchObject({ limit: 'credentials-address' })
    expect((await request(`${url}/v1/things`, { headers: ada })).statusCode).toBe(200)
  })
})
