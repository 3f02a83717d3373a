import { gzipSync } from 'node:zlib'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { BlobStoreFull, BlobStoreUnavailable } from '../blobs/port.ts'
import { StoreUnavailable } from '../event-store/port.ts'
import { bearer, createTestHttpServer, testRoute } from '../testkit/http-server.ts'
import { Rejection } from '../rejection.ts'
import { mount } from './route.ts'

const closed = { additionalProperties: false } as const
const getThing = testRoute({
  path: '/v1/things/:thingId',
  params: Type.Object({ thingId: Type.String({ pattern: '^thg_[0-9a-f]{4}$' }) }),
  responses: { 200: Type.Object({ id: Type.String() }) },
})
const listThings = testRoute({
  query: Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
      word: Type.Optional(Type.String()),
    },
    closed,
  ),
  responses: { 200: Type.Object({ limit: Type.Integer(), word: Type.Optional(Type.String()) }) },
})
const createThing = testRoute({
  method: 'POST',
  body: Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 5 }),
      size: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
      kind: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')])),
      settings: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    },
    closed,
  ),
  bodyBytesMax: 2_000,
  responses: { 201: Type.Object({ name: Type.String() }) },
})

function createThings(fail?: () => never) {
  const server = createTestHttpServer()
  mount(server.app, getThing, async ({ params }) => {
    fail?.()
    if (params.thingId !== 'thg_0001') throw new Rejection('not-found')
    return { status: 200, body: { id: params.thingId, secret: 'not in the schema' }, version: 3 }
  })
  mount(server.app, listThings, async ({ query }) => ({ status: 200, body: query }))
  mount(server.app, createThing, async ({ body }) => ({ status: 201, body }))
  return server
}

const post = (payload: string | object | Buffer, type = 'application/json') => ({
  method: 'POST' as const,
  url: '/v1/things',
  payload,
  headers: { 'content-type': type },
})

test('an answer holds what the response schema names, and its version as a tag', async () => {
  const answer = await createThings().ask('/v1/things/thg_0001')
  expect(answer.json()).toEqual({ id: 'thg_0001' })
  expect(answer.headers['etag']).toBe('"3"')
})

test('a missing thing, a missing route and an id of another form look the same', async () => {
  const { ask } = createThings()
  const urls = [
    '/v1/things/thg_9999',
    '/v1/things/another-form',
    `/v1/things/${'x'.repeat(2_000)}`,
    '/v1/things/%ff',
    '/v1/nothing-here',
    '/',
  ]
  const answers = await Promise.all(urls.map(ask))
  for (const { status, body, headers } of answers) {
    expect(status).toBe(404)
    expect(body).toBe(answers[0]?.body)
    expect(headers['content-type']).toBe('application/problem+json')
  }
  expect(answers[0]?.json()).toMatchObject({ code: 'not-found', status: 404 })
})

test('a method that a resource does not take is refused with those it takes', async () => {
  const { ask } = createThings()
  const answer = await ask({ method: 'DELETE', url: '/v1/things', payload: 'x' })
  expect(answer.status).toBe(405)
  expect(answer.headers['allow']).toBe('GET, HEAD, POST')
  expect((await ask({ method: 'POST', url: '/v1/things/thg_0001' })).headers['allow']).toBe(
    'GET, HEAD',
  )
})

test('HEAD answers as GET does, without the body', async () => {
  const answer = await createThings().ask({ method: 'HEAD', url: '/v1/things/thg_0001' })
  expect([answer.status, answer.body, answer.headers['etag']]).toEqual([200, '', '"3"'])
})

test.each([
  ['no JSON', '{"name": "secret'],
  ['no bytes', ''],
  ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
])('a body of %s is 400 malformed-body and is not quoted', async (_what, payload) => {
  const answer = await createThings().ask(post(payload))
  expect(answer.status).toBe(400)
  expect(answer.json()['code']).toBe('malformed-body')
  expect(answer.body).not.toContain('secret')
})

test.each([
  ['/settings/__proto__', 'not-allowed', '{"name":"x","settings":{"__proto__":{"a":1}}}'],
  ['/settings/a', 'too-large', '{"name":"x","settings":{"a":1e400}}'],
  [
    `/settings/a${'/0'.repeat(31)}`,
    'too-deep',
    `{"name":"x","settings":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`,
  ],
  ['/name', 'duplicate', '{"name":"x","settings":{},"name":"secret"}'],
  ['/settings/a/1/b~1c', 'duplicate', '{"settings":{"a":[1,{"b/c":1,"\\u0062\\/c":":"}]}}'],
])('a body with what no honest client sends is 422 at %s: %s', async (pointer, code, payload) => {
  const answer = await createThings().ask(post(payload))
  expect(answer.status).toBe(422)
  expect(answer.json()['errors']).toMatchObject([{ pointer, code }])
  expect(answer.body).not.toContain('secret')
})

test('a body may have the same name in different objects, and colons in its texts', async () => {
  const payload = '{"name":"a:\\":","settings":{"name":{"name":":"},"a":[{"name":1},{"name":2}]}}'
  expect((await createThings().ask(post(payload))).status).toBe(201)
})

test('a missing body is 400, another media type 415, what is too large 413 or 414', async () => {
  const { ask } = createThings()
  expect((await ask({ method: 'POST', url: '/v1/things' })).json()['code']).toBe('malformed-body')
  expect((await ask(post('<a/>', 'text/xml'))).json()['code']).toBe('media-type-not-supported')
  expect((await ask(`/v1/things?word=${'x'.repeat(9_000)}`)).json()['code']).toBe('uri-too-long')
  const large = { name: 'x', settings: { a: 'y'.repeat(3_000) } }
  expect((await ask(post(large))).json()['code']).toBe('body-too-large')
})

test('a packed body is 415, one that says it is not packed is read', async () => {
  const { ask } = createThings()
  const coded = (coding: string, payload: string | Buffer) => {
    const { headers, ...rest } = post(payload)
    return ask({ ...rest, headers: { ...headers, 'content-encoding': coding } })
  }
  for (const coding of ['gzip', 'br', 'identity, gzip']) {
    const answer = await coded(coding, gzipSync('{"name":"x"}'))
    expect([answer.status, answer.json()['code']]).toEqual([415, 'media-type-not-supported'])
  }
  expect((await coded('Identity', '{"name":"x"}')).status).toBe(201)
})

test('every fault of a body is told at once, by place and rule, and no value with it', async () => {
  const answer = await createThings().ask(
    post({ name: 'much too long', size: 0, kind: 'secret', surplus: 'secret' }),
  )
  expect(answer.status).toBe(422)
  expect(answer.json()['errors']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ pointer: '/name', code: 'too-long' }),
      expect.objectContaining({ pointer: '/size', code: 'too-small' }),
      expect.objectContaining({ pointer: '/kind', code: 'not-allowed' }),
      expect.objectContaining({ pointer: '/surplus', code: 'unknown-field' }),
    ]),
  )
  expect(answer.json()['errors']).toHaveLength(4)
  expect(answer.body).not.toContain('secret')
})

test('a missing field is told where it should be', async () => {
  const answer = await createThings().ask(post({}))
  expect(answer.json()['errors']).toEqual([
    { pointer: '/name', code: 'required', detail: 'is missing' },
  ])
})

test('bodies are not coerced, query parameters are and get their defaults', async () => {
  const { ask } = createThings()
  expect((await ask(post({ name: 7 }))).status).toBe(422)
  expect((await ask('/v1/things?limit=7&word=8')).json()).toEqual({ limit: 7, word: '8' })
  expect((await ask('/v1/things')).json()).toEqual({ limit: 50 })
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=1&limit=2', 'other=1']) {
    expect((await ask(`/v1/things?${query}`)).json(), query).toMatchObject({
      status: 422,
      errors: [{ pointer: query === 'other=1' ? '/query/other' : '/query/limit' }],
    })
  }
})

const surrogate = String.raw`"\ud800"`
test.each([
  ['U+0000 in a value', post(String.raw`{"name":"a\u0000"}`), '/name'],
  ['a lone surrogate in a value', post(`{"name":${surrogate}}`), '/name'],
  ['U+0000 in a key', post(String.raw`{"name":"a","settings":{"\u0000":1}}`), '/settings'],
  [
    'a lone surrogate deep inside',
    post(`{"name":"a","settings":{"b~/":[1,${surrogate}]}}`),
    '/settings/b~0~1/1',
  ],
  ['U+0000 in the query', { url: '/v1/things?word=%00' }, '/query/word'],
])('%s is 422', async (_what, request, pointer) => {
  const answer = await createThings().ask(request)
  expect(answer.json()).toMatchObject({
    status: 422,
    errors: [expect.objectContaining({ pointer, code: 'invalid-text' })],
  })
})

test('a proper pair of surrogates is text like any other', async () => {
  expect((await createThings().ask(post({ name: '😀' }))).json()).toEqual({ name: '😀' })
})

test.each([
  ['an event store that does not answer', new StoreUnavailable('away', true)],
  ['a blob store that does not answer', new BlobStoreUnavailable('away')],
  ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
  ['a database that shuts down', Object.assign(new Error('x'), { code: '57P01' })],
  ['a lost connection', new Error('Connection terminated unexpectedly')],
  ['any of them as the cause', new Error('wrapped', { cause: new StoreUnavailable('x', false) })],
])('%s is 503 with Retry-After', async (_what, error) => {
  const server = createThings(() => {
    throw error
  })
  const answer = await server.ask('/v1/things/thg_0001')
  expect([answer.status, answer.json()['code']]).toEqual([503, 'unavailable'])
  expect(answer.headers['retry-after']).toBe('1')
})

test('a blob store without room is 507 and nothing that a retry would mend at once', async () => {
  const server = createThings(() => {
    throw new BlobStoreFull('the disk is full')
  })
  const answer = await server.ask('/v1/things/thg_0001')
  expect([answer.status, answer.json()['code']]).toEqual([507, 'insufficient-storage'])
  expect(answer.headers['retry-after']).toBeUndefined()
})

test('anything else is 500 with the correlation id and nothing from inside', async () => {
  const server = createThings(() => {
    throw new Error('secret', { cause: new Error('secret') })
  })
  const { status, body, headers, json } = await server.ask('/v1/things/thg_0001')
  expect(status).toBe(500)
  expect(body).not.toContain('secret')
  expect(json()['correlationId']).toBe(headers['x-correlation-id'])
})

test('an answer that breaks its own schema is 500, not a half answer', async () => {
  const server = createTestHttpServer()
  const route = testRoute({ responses: { 200: Type.Object({ name: Type.String() }) } })
  mount(server.app, route, async () => ({ status: 200, body: {} }))
  expect((await server.ask('/v1/things')).json()['code']).toBe('internal-error')
})

test('a handler that takes too long is 503, and is told by its signal', async () => {
  const server = createTestHttpServer({ limits: { handlerTimeoutMs: 20 } })
  const told = Promise.withResolvers<void>()
  mount(server.app, testRoute({}), async ({ signal }) => {
    signal.addEventListener('abort', () => told.resolve())
    await told.promise
    return { status: 200 }
  })
  expect((await server.ask('/v1/things')).json()['code']).toBe('unavailable')
  await told.promise
})

test('a route without a permission does not boot, nor one that needs what the server lacks', () => {
  const { app } = createTestHttpServer()
  expect(() => app.get('/v1/open', async () => 'x')).toThrow('GET /v1/open has no permission')
  const { permission: _, ...unprotected } = testRoute({})
  expect(() => mount(app, unprotected as never, async () => ({ status: 200 }))).toThrow(
    'has no permission',
  )
  const keyed = testRoute({ method: 'POST', idempotencyKey: true })
  expect(() => mount(app, keyed, async () => ({ status: 200 }))).toThrow('Idempotency-Key')
  const foreign = testRoute({ context: 'auth' })
  expect(() => mount(app, foreign, async () => ({ status: 200 }))).toThrow('belongs to auth')
})

test('health tells the process, readiness every dependency by name', async () => {
  let natsUp = false
  const server = createTestHttpServer({
    health: {
      database: () => true,
      nats: () => natsUp,
      broken: () => {
        if (!natsUp) throw new Error('x')
        return true
      },
    },
  })
  expect((await server.app.inject('/healthz')).statusCode).toBe(200)
  const before = await server.app.inject('/readyz')
  expect([before.statusCode, before.json()]).toEqual([
    503,
    { status: 'not-ready', dependencies: { database: 'up', nats: 'down', broken: 'down' } },
  ])
  natsUp = true
  expect((await server.app.inject('/readyz')).statusCode).toBe(200)
})

test('metrics count requests by the pattern of their route', async () => {
  const { app, ask } = createThings()
  await ask('/v1/things/thg_0001')
  await ask('/v1/things/thg_9999')
  const { body } = await app.inject({ url: '/metrics', headers: bearer() })
  const labels = 'service="test",method="GET",route="/v1/things/:thingId",status="404"'
  expect(body).toContain(`http_request_duration_seconds_count{${labels}} 1`)
  expect(body).not.toContain('thg_')
})
