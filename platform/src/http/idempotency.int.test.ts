import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  decodeConsistencyToken,
  encodeConsistencyToken,
} from '@atrium/contracts/consistency-token.ts'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase, type Database } from '../database/database.ts'
import { StoreUnavailable } from '../event-store/port.ts'
import { Rejection } from '../rejection.ts'
import { createLogger } from '../telemetry/logger.ts'
import { bearer, createTestHttpServer, testRoute } from '../testkit/http-server.ts'
import { createTestDatabase, type TestDatabase } from '../testkit/test-servers.ts'
import type { Answer, Exchange } from './exchange.ts'
import { createIdempotency, type Idempotency } from './idempotency.ts'
import { mount } from './route.ts'

/** Longer than a busy machine may stand still, so that only a dead process lets a lease lapse. */
const leaseMs = 2_000
const createThing = testRoute({
  id: 'createThing',
  method: 'POST',
  idempotencyKey: true,
  body: Type.Object({ name: Type.String() }),
  responses: { 201: Type.Object({ id: Type.String() }) },
})

let testDatabase: TestDatabase
let database: Database
let idempotency: Idempotency
let keys = 0
const newKey = () => `key-${(keys += 1)}`

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = await createDatabase({ ...testDatabase, context: 'instances' })
  const logger = createLogger({ name: 'test', level: 'silent' })
  idempotency = createIdempotency({ database, logger, leaseMs })
})

afterAll(async () => {
  idempotency.close()
  await database.close()
  await testDatabase.drop()
})

function createThings(answer: (exchange: Exchange, run: number) => Promise<Answer>) {
  const server = createTestHttpServer({ idempotency })
  const runs: Exchange[] = []
  mount(server.app, createThing, async (exchange) => {
    runs.push(exchange)
    return answer(exchange, runs.length)
  })
  const post = (key: string, payload: object = { name: 'a' }, headers = {}) =>
    server.ask({
      method: 'POST',
      url: '/v1/things',
      payload,
      headers: { 'idempotency-key': key, ...headers },
    })
  return { post, runs }
}

const created = async ({ newId }: Exchange): Promise<Answer> => ({
  status: 201,
  body: { id: newId('thg') },
  version: 1,
  written: { position: 7, publicPosition: 6 },
})

describe('the same key and body', () => {
  test('get the first answer again: status, body, tag and token, and run nothing', async () => {
    const { post, runs } = createThings(created)
    const key = newKey()
    const [first, second] = [await post(key), await post(key)]
    expect(second.body).toBe(first.body)
    for (const name of ['etag', 'consistency-token', 'content-type']) {
      expect(second.headers[name], name).toBe(first.headers[name])
    }
    expect([first.status, second.status, runs.length]).toEqual([201, 201, 1])
  })

  test('get the token merged with the one that the repeat brings', async () => {
    const { post } = createThings(created)
    const key = newKey()
    await post(key)
    const token = encodeConsistencyToken({ auth: { position: 3 } })
    const { headers } = await post(key, { name: 'a' }, { 'consistency-token': token })
    expect(decodeConsistencyToken(String(headers['consistency-token']))).toEqual({
      auth: { position: 3 },
      instances: { position: 7, publicPosition: 6 },
    })
  })

  test('get the same refusal again', async () => {
    const { post, runs } = createThings(async () => {
      throw new Rejection('quota-exceeded', { quota: 'instances', limit: 10, used: 10 })
    })
    const key = newKey()
    const [first, second] = [await post(key), await post(key)]
    expect(first.status).toBe(403)
    expect(second.body).toBe(first.body)
    expect(runs).toHaveLength(1)
  })

  test('are refused while the first still runs, beyond the lease, in any process', async () => {
    const hold = Promise.withResolvers<void>()
    const slow = createThings(async (exchange) => {
      await hold.promise
      return created(exchange)
    })
    const key = newKey()
    const first = slow.post(key)
    await expect.poll(() => slow.runs.length).toBe(1)
    const another = createThings(created)
    const until = performance.now() + 1.5 * leaseMs
    while (performance.now() < until) {
      const answer = await another.post(key)
      expect(answer.json()['code']).toBe('idempotency-key-in-flight')
      expect(answer.headers['retry-after']).toBe('1')
    }
    hold.resolve()
    expect((await first).status).toBe(201)
    expect((await another.post(key)).body).toBe((await first).body)
    expect(another.runs).toHaveLength(0)
  })

  test('run once where twenty come at the same time', async () => {
    const { post, runs } = createThings(created)
    const key = newKey()
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(key)))
    expect(runs).toHaveLength(1)
    const statuses = new Set(answers.map(({ status }) => status))
    expect([...statuses].filter((status) => status !== 201 && status !== 409)).toEqual([])
  })
})

test('another body, another precondition or another path under the key is 422', async () => {
  const { post, runs } = createThings(created)
  const key = newKey()
  await post(key)
  for (const answer of [
    await post(key, { name: 'b' }),
    await post(key, { name: 'a' }, { 'if-match': '"1"' }),
  ]) {
    expect(answer.json()).toMatchObject({ status: 422, code: 'idempotency-key-reused' })
  }
  expect(runs).toHaveLength(1)
})

test('another user and another tenant have keys of their own', async () => {
  const { post, runs } = createThings(created)
  const key = newKey()
  await post(key)
  await post(key, { name: 'b' }, bearer({ userId: `usr_${'0c'.repeat(16)}` }))
  await post(key, { name: 'c' }, bearer({ tenant: 'other' }))
  expect(runs).toHaveLength(3)
})

test.each([
  ['', 400],
  ['a b', 400],
  ['ä', 400],
  ['k'.repeat(256), 400],
  ['k'.repeat(255), 201],
])('the key %j is answered %i', async (key, status) => {
  expect((await createThings(created).post(key)).status).toBe(status)
})

test('an answer of 5xx is not kept: the same command runs again', async () => {
  const { post, runs } = createThings(async (exchange, run) => {
    if (run === 1) throw new StoreUnavailable('away', true)
    return created(exchange)
  })
  const key = newKey()
  expect((await post(key)).status).toBe(503)
  expect((await post(key)).status).toBe(201)
  const [first, second] = runs
  expect(second?.cause.commandId).toBe(first?.cause.commandId)
  expect(second?.at).toBe(first?.at)
  expect(second?.newId('thg')).toBe(first?.newId('thg'))
  expect([first?.cause.mayRepeat, second?.cause.mayRepeat]).toEqual([undefined, true])
})

test('a request that does not validate leaves no row', async () => {
  const { post } = createThings(created)
  const key = newKey()
  expect((await post(key, {})).status).toBe(422)
  expect((await post(key)).status).toBe(201)
})

test('a process killed in between leaves the command to the next, after its lease', async () => {
  const key = newKey()
  const program = new URL('./idempotency-victim-process.ts', import.meta.url)
  const child = fork(program, [testDatabase.ownerUrl, key, String(leaseMs)])
  const [victim] = (await once(child, 'message')) as [{ commandId: string; at: string }]
  child.kill('SIGKILL')
  await once(child, 'exit')

  const { post, runs } = createThings(created)
  await expect
    .poll(async () => (await post(key)).status, { timeout: 10 * leaseMs, interval: 20 })
    .toBe(201)
  expect(runs).toHaveLength(1)
  expect(runs[0]).toMatchObject({
    at: victim.at,
    cause: { commandId: victim.commandId, mayRepeat: true },
  })
})

test('rows of more than a day ago are removed', async () => {
  const { post } = createThings(created)
  const key = newKey()
  await post(key)
  await database.owner.query(
    `update platform.idempotency set created_at = now() - interval '25 hours' where key = $1`,
    [key],
  )
  await idempotency.prune()
  const { rows } = await database.owner.query<{ key: string }>(
    'select key from platform.idempotency',
  )
  expect(rows.map((row) => row.key)).not.toContain(key)
  expect(rows.length).toBeGreaterThan(0)
})

test('the role of routes cannot read what is kept', async () => {
  await expect(
    database.forTenant('acme', (client) => client.query('select from platform.idempotency')),
  ).rejects.toThrow('permission denied')
})
