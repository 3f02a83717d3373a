import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { mount } from '../http/route.ts'
import { Rejection } from '../rejection.ts'
import { createTestHttpServer, testRoute, tokenFor } from '../testkit/http-server.ts'
import { createLogger } from './logger.ts'

function createLog() {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { lines, logger: createLogger({ name: 'test', level: 'trace', destination }) }
}

const secrets = ['S3cret-word', 'ada@example.org', 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0']

test('fields that are personal or credentials are hidden at any depth', () => {
  const { lines, logger } = createLog()
  const [word, address, token] = secrets
  logger.info({ password: word, user: { email: address, Name: word }, accessToken: token }, 'x')
  logger.child({ authorization: `Bearer ${word}` }).warn({ list: [{ refreshToken: word }] }, 'y')
  for (const secret of secrets) expect(lines.join('')).not.toContain(secret)
  expect(lines).toHaveLength(2)
})

test('text that looks like a credential or an address is hidden, also in messages', () => {
  const { lines, logger } = createLog()
  const [word, address, token] = secrets
  logger.info(`mail to ${address} with ${token} by Bearer ${word}x`)
  logger.info({ url: `postgres://auth:${word}@db/x`, note: `<${address}>` }, 'connects')
  for (const secret of secrets) expect(lines.join('')).not.toContain(secret)
  expect(lines[1]).toContain('postgres://[hidden]@db/x')
})

test('an error is told by kind, code, message, stack and cause, without what it quotes', () => {
  const { lines, logger } = createLog()
  const [word = '', address] = secrets
  const detail = `Key (email)=(${address}) already exists.`
  const unique = Object.assign(new Error(`duplicate ${word}`), {
    severity: 'ERROR',
    code: '23505',
    table: 'user_list',
    detail,
    parameters: [word],
  })
  logger.error({ err: new Error('could not write', { cause: unique }) }, 'failed')
  const parse = () => JSON.parse(`{"password": ${word}}`) as unknown
  try {
    parse()
  } catch (error) {
    logger.error({ err: error }, 'failed')
  }
  for (const secret of secrets) expect(lines.join('')).not.toContain(secret)
  const { err } = JSON.parse(lines[0] ?? '') as { err: { message: string; stack: string } }
  expect(err).toMatchObject({
    message: 'could not write',
    cause: { code: '23505', table: 'user_list' },
  })
  expect(err.stack).toContain('logger.test.ts')
})

const register = testRoute({
  method: 'POST',
  permission: 'anyone',
  body: Type.Object({ email: Type.String(), password: Type.String({ minLength: 8 }) }),
  responses: { 201: Type.Object({ accessToken: Type.String() }) },
})
const find = testRoute({
  path: '/v1/things/:thingId',
  params: Type.Object({ thingId: Type.String() }),
  query: Type.Object({ word: Type.Optional(Type.String()) }),
})

test('no path of a request writes a token, a body, a URL or an address into the log', async () => {
  const server = createTestHttpServer()
  const [word = '', address = '', token = ''] = secrets
  mount(server.app, register, async ({ body }) => {
    if (body.password.startsWith('refused')) throw new Rejection('email-taken')
    if (body.password.startsWith('failing')) throw new Error(`${body.email} broke`)
    return { status: 201, body: { accessToken: token } }
  })
  mount(server.app, find, async () => ({ status: 200 }))
  const post = (payload: object | string) =>
    server.ask({
      method: 'POST',
      url: '/v1/things',
      payload,
      headers: { 'content-type': 'application/json', cookie: word, 'user-agent': address },
    })
  const bodies = ['accepted', 'refused', 'failing'].map((kind) => ({
    email: address,
    password: `${kind}-${word}`,
  }))
  const answers = await Promise.all([
    ...bodies.map(post),
    post({ email: word, password: 'short', [address]: word }),
    post(`{"email":"${address}", ${word}`),
    server.ask(`/v1/things/${address}?word=${word}`),
    server.ask(`/v1/nothing/${word}?token=${token}`),
    server.ask({ url: '/v1/things/1', headers: { authorization: `Bearer ${token}` } }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([201, 409, 500, 422, 400, 200, 404, 401])
  await expect.poll(() => server.lines.length).toBe(answers.length)
  const log = server.lines.join('')
  for (const secret of [...secrets, tokenFor()]) expect(log).not.toContain(secret)
  const created = server.lines.find((line) => line.includes('"status":201')) ?? ''
  expect(JSON.parse(created)).toMatchObject({
    service: 'test',
    level: 'info',
    route: 'POST /v1/things',
    status: 201,
    tenant: 'acme',
    correlationId: answers[0]?.headers['x-correlation-id'],
    durationMs: expect.any(Number) as number,
  })
})
