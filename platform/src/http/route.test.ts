import {
  decodeConsistencyToken,
  encodeConsistencyToken,
  type ConsistencyToken,
} from '@atrium/contracts/consistency-token.ts'
import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { Rejection } from '../rejection.ts'
import {
  bearer,
  createTestHttpServer,
  sessionId,
  testCaller,
  testRoute,
  userId,
} from '../testkit/http-server.ts'
import type { Exchange } from './exchange.ts'
import { mount } from './route.ts'

/** A server whose one route hands over what its handler sees. */
function createMirror(route: RouteDefinition = testRoute({}), options = {}) {
  const server = createTestHttpServer(options)
  const seen: Exchange[] = []
  mount(server.app, route, async (exchange) => {
    seen.push(exchange)
    return { status: 200 }
  })
  return { ...server, seen }
}

test('the caller comes from the token, with tenant, cause and session', async () => {
  const { ask, seen } = createMirror()
  await ask('/v1/things')
  expect(seen[0]).toMatchObject({
    caller: testCaller,
    tenant: 'acme',
    cause: { tenant: 'acme', actor: { userId }, sessionId },
  })
})

test('no token, a broken one and one of an ended session are 401, each by its code', async () => {
  const { app, ask, revoked } = createMirror()
  const none = await app.inject('/v1/things')
  expect([none.statusCode, none.headers['www-authenticate']]).toEqual([
    401,
    'Bearer realm="atrium"',
  ])
  for (const authorization of ['Bearer nonsense', 'Basic eDp5', 'Bearer', 'Bearer a b']) {
    const answer = await ask({ url: '/v1/things', headers: { authorization } })
    expect(answer.json()['code']).toBe('not-signed-in')
  }
  revoked.add(sessionId)
  expect((await ask('/v1/things')).json()['code']).toBe('session-revoked')
})

test('the refusal comes before the body is looked at', async () => {
  const body = Type.Object({ a: Type.String() })
  const { app } = createMirror(testRoute({ method: 'POST', body }))
  const answer = await app.inject({ method: 'POST', url: '/v1/things', payload: '{' })
  expect(answer.statusCode).toBe(401)
})

test('only platform administrators pass where tenants are managed', async () => {
  const { ask } = createMirror(testRoute({ permission: 'tenants:manage' }))
  expect((await ask('/v1/things')).json()['code']).toBe('permission-denied')
  const headers = bearer({ platformAdministrator: true })
  expect((await ask({ url: '/v1/things', headers })).status).toBe(200)
})

test('X-Tenant may repeat the tenant of the token, not change it', async () => {
  const { ask } = createMirror()
  const asked = (tenant: string) => ask({ url: '/v1/things', headers: { 'x-tenant': tenant } })
  expect((await asked('acme')).status).toBe(200)
  expect((await asked('other')).json()['code']).toBe('tenant-mismatch')
})

test('before sign-in the tenant is the resolved, else the named one, else default', async () => {
  const { app, seen } = createMirror(testRoute({ permission: 'anyone' }))
  const ask = (headers: Record<string, string>) => app.inject({ url: '/v1/things', headers })
  await ask({ 'x-atrium-tenant': 'one', 'x-tenant': 'two' })
  await ask({ 'x-tenant': 'two' })
  await ask({})
  await ask({ authorization: 'Bearer expired' })
  expect(seen.map(({ tenant }) => tenant)).toEqual(['one', 'two', 'default', 'default'])
  expect(seen.every(({ caller }) => caller === undefined)).toBe(true)
  expect((await ask({ 'x-tenant': 'not a tenant' })).json()).toMatchObject({
    status: 400,
    errors: [{ pointer: '/headers/x-tenant' }],
  })
})

test('a correlation id is taken where it looks like one, and made where not', async () => {
  const { ask, seen } = createMirror()
  const asked = async (id: string) =>
    (await ask({ url: '/v1/things', headers: { 'x-correlation-id': id } })).headers[
      'x-correlation-id'
    ]
  expect(await asked('order-1234')).toBe('order-1234')
  for (const id of ['short', 'someone@example.org', 'x'.repeat(129)]) {
    expect(await asked(id)).toMatch(/^[0-9a-f-]{36}$/)
  }
  expect(seen[0]?.cause.correlationId).toBe('order-1234')
})

test('a traceparent goes on into the cause, a malformed one does not', async () => {
  const { ask, seen } = createMirror()
  const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  for (const traceparent of [good, '00-zz-1-01', good.replace('0af7', 'xxxx')]) {
    await ask({ url: '/v1/things', headers: { traceparent } })
  }
  expect(seen.map(({ cause }) => cause.traceparent)).toEqual([good, undefined, undefined])
})

test('the address is the one that the gateway saw, where it is one', async () => {
  const { ask, seen } = createMirror()
  for (const address of ['203.0.113.9', '2001:db8::1', 'nonsense']) {
    await ask({ url: '/v1/things', headers: { 'x-forwarded-for': address } })
  }
  expect(seen.map(({ address }) => address)).toEqual(['203.0.113.9', '2001:db8::1', '127.0.0.1'])
})

test('ids of one command repeat by prefix and word, and sort by its time', async () => {
  const { ask, seen } = createMirror()
  await ask('/v1/things')
  await ask('/v1/things')
  const [one, two] = seen
  const id = one?.newId('thg') ?? ''
  expect(id).toMatch(/^thg_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
  expect(Number.parseInt(id.slice(4, 16), 16)).toBe(Date.parse(one?.at ?? ''))
  expect(one?.newId('thg')).toBe(id)
  expect(new Set([id, one?.newId('thg', 'b'), one?.newId('oth'), two?.newId('thg')]).size).toBe(4)
})

const conditional = testRoute({ method: 'PATCH', ifMatch: 'required' })

test('If-Match is read by the rules of RFC 9110', async () => {
  const { ask, seen } = createMirror(conditional)
  const asked = async (tag?: string) => {
    const headers = tag === undefined ? {} : { 'if-match': tag }
    const answer = await ask({ method: 'PATCH', url: '/v1/things', headers })
    return answer.status === 200 ? seen.at(-1)?.expectedVersion : answer.json()['code']
  }
  expect(await asked()).toBe('precondition-required')
  expect(await asked('"7"')).toBe(7)
  expect(await asked('*')).toBeUndefined()
  expect(await asked('W/"7"')).toBe(0) // weak tags match nothing, and nothing has version 0
  expect(await asked('"seven"')).toBe(0)
  for (const malformed of ['7', '"7', '"7" "8"', '']) {
    expect(await asked(malformed)).toBe('malformed-request')
  }
})

test('of several versions in If-Match the one that the thing has is meant', async () => {
  const server = createTestHttpServer()
  const tried: (number | undefined)[] = []
  mount(server.app, conditional, async ({ expectedVersion }) => {
    tried.push(expectedVersion)
    if (expectedVersion !== 4) throw new Rejection('version-conflict', { currentVersion: 4 })
    return { status: 200 }
  })
  const asked = (tags: string) =>
    server.ask({ method: 'PATCH', url: '/v1/things', headers: { 'if-match': tags } })
  expect((await asked('"3", "4", "9"')).status).toBe(200)
  expect(tried).toEqual([9, 4])
  expect((await asked('"3", "9"')).json()).toMatchObject({ status: 409, currentVersion: 4 })
})

test('a request waits for its token, and hands on what was seen, followed and written', async () => {
  const waited: [ConsistencyToken, string][] = []
  const server = createTestHttpServer({
    waitFor: async (token, tenant) => {
      waited.push([token, tenant])
      return { pdf: { publicPosition: 3 } }
    },
  })
  mount(server.app, testRoute({ method: 'POST' }), async () => ({
    status: 200,
    written: { position: 9, publicPosition: 8 },
  }))
  const given = { auth: { position: 5, publicPosition: 4 }, instances: { position: 2 } }
  const answer = await server.ask({
    method: 'POST',
    url: '/v1/things',
    headers: { 'consistency-token': encodeConsistencyToken(given) },
  })
  expect(waited).toEqual([[given, 'acme']])
  expect(decodeConsistencyToken(String(answer.headers['consistency-token']))).toEqual({
    auth: { position: 5, publicPosition: 4 },
    instances: { position: 9, publicPosition: 8 },
    pdf: { publicPosition: 3 },
  })
})

test('a wait that is not fulfilled is 503, a token that nobody gave out 400', async () => {
  const server = createMirror(testRoute({}), {
    waitFor: async () => {
      throw new Rejection('not-yet-consistent')
    },
  })
  const ask = (token: string) =>
    server.ask({ url: '/v1/things', headers: { 'consistency-token': token } })
  const late = await ask(encodeConsistencyToken({ instances: { position: 1 } }))
  expect([late.status, late.headers['retry-after']]).toEqual([503, '1'])
  expect((await ask('nonsense')).json()).toMatchObject({
    code: 'malformed-request',
    errors: [{ pointer: '/headers/consistency-token' }],
  })
  expect(server.seen).toEqual([])
})

const rest = testRoute({
  path: '/v1/things/:thingId/files/*path',
  params: Type.Object({ thingId: Type.String(), path: Type.String({ maxLength: 20 }) }),
})

test('a wildcard is the rest of the path, decoded once, with its slashes; it may be empty', async () => {
  const server = createTestHttpServer()
  const seen: unknown[] = []
  mount(server.app, rest, async ({ params }) => {
    seen.push(params)
    return { status: 200 }
  })
  const paths = ['a/b.txt', '', 'a%2Fb', '%2e%2e%2fx', 'caf%C3%A9/%2525']
  for (const path of paths) {
    expect((await server.ask(`/v1/things/x/files/${path}`)).status).toBe(200)
  }
  expect(seen).toEqual(
    ['a/b.txt', '', 'a/b', '../x', 'café/%25'].map((path) => ({ thingId: 'x', path })),
  )
  expect((await server.ask(`/v1/things/x/files/${'y'.repeat(21)}`)).status).toBe(404)
  expect((await server.ask('/v1/things/x/files/a%00b')).status).toBe(404)
  const wrong = await server.ask({ method: 'PUT', url: '/v1/things/x/files/a/b' })
  expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'GET, HEAD'])
})

test('a route takes the kinds of JSON that it names, and tells the handler which one came', async () => {
  const server = createTestHttpServer()
  const merge = 'application/merge-patch+json'
  const body = Type.Object({ name: Type.String() })
  const patch = testRoute({ method: 'PATCH', body, bodyMediaTypes: [merge] })
  const seen: unknown[] = []
  mount(server.app, patch, async (exchange) => {
    seen.push([exchange.mediaType, exchange.body])
    return { status: 200 }
  })
  mount(server.app, testRoute({ method: 'PUT', body }), async () => ({ status: 200 }))
  const ask = async (method: 'PATCH' | 'PUT', type: string) => {
    const headers = { 'content-type': type }
    return (await server.ask({ method, url: '/v1/things', headers, payload: '{"name":"x"}' }))
      .status
  }
  expect(await ask('PATCH', 'application/json')).toBe(200)
  expect(await ask('PATCH', `${merge.toUpperCase()}; charset=utf-8`)).toBe(200)
  expect(await ask('PATCH', 'application/json-patch+json')).toBe(415)
  expect(await ask('PUT', merge)).toBe(415)
  expect(seen).toEqual([
    ['application/json', { name: 'x' }],
    [merge, { name: 'x' }],
  ])
})

test('a HEAD and an OPTIONS of the contract are routes as any other', async () => {
  for (const method of ['HEAD', 'OPTIONS'] as const) {
    const server = createTestHttpServer()
    mount(server.app, testRoute({ method }), async (exchange) => ({
      status: 204,
      headers: { 'tus-resumable': '1.0.0', asked: exchange.method },
    }))
    const answer = await server.ask({ method, url: '/v1/things' })
    expect([answer.status, answer.headers['asked'], answer.body]).toEqual([204, method, ''])
  }
})

test('a stream without a limit, and one with an Idempotency-Key, do not boot', () => {
  const { app } = createTestHttpServer()
  const stream = testRoute({ method: 'POST', bodyKind: 'stream' })
  const answer = async () => ({ status: 200 })
  expect(() => mount(app, stream, answer)).toThrow('takes bytes without a limit')
  const keyed = { ...stream, bodyBytesMax: 1, idempotencyKey: true } as const
  expect(() => mount(app, keyed, answer)).toThrow('its body is not kept')
})

test('a service acts for the user of its token alone, in that tenant alone', async () => {
  const { ask, seen } = createMirror()
  const acting = bearer({ service: 'pdf' })
  const other = { ...acting, 'x-tenant': 'other', 'x-atrium-tenant': 'other', 'x-user-id': 'usr_b' }
  expect((await ask({ url: '/v1/things', headers: other })).json()['code']).toBe('tenant-mismatch')
  const answer = await ask({ url: '/v1/things', headers: { ...acting, 'x-user-id': 'usr_b' } })
  expect(answer.status).toBe(200)
  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({
    tenant: 'acme',
    caller: { userId, service: 'pdf' },
    cause: { actor: { userId, service: 'pdf' } },
  })
})

test('a route between services is for services, whoever else is signed in', async () => {
  const { ask } = createMirror(testRoute({ permission: 'service' }))
  expect((await ask('/v1/things')).json()['code']).toBe('not-signed-in')
  const administrator = bearer({ platformAdministrator: true })
  expect((await ask({ url: '/v1/things', headers: administrator })).status).toBe(401)
  expect((await ask({ url: '/v1/things', headers: bearer({ service: 'pdf' }) })).status).toBe(200)
})
