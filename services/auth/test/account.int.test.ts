import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  password,
  startAuth,
  startServers,
  type AuthProcess,
  type AuthServers,
} from './auth-process.ts'

let servers: AuthServers
let auth: AuthProcess

beforeAll(async () => {
  servers = await startServers()
  auth = await startAuth(servers)
})
afterAll(async () => {
  await auth.close()
  await servers.close()
})

const unique = () => randomBytes(6).toString('hex')
const uniqueEmail = () => `Person.${unique()}@Example.com`
const register = (body: object) => auth.call('POST', '/v1/auth/register', { body })
const login = (identifier: string, given = password) =>
  auth.call('POST', '/v1/auth/login', { body: { identifier, password: given } })

describe('registering', () => {
  it('answers 201 with the user and tokens', async () => {
    const email = uniqueEmail()
    const username = `Ada-${unique()}`
    const reply = await register({ email: `  ${email} `, password, name: 'Ada', username })
    expect(reply).toMatchObject({
      status: 201,
      body: {
        user: {
          email,
          username,
          name: 'Ada',
          tenantId: 'default',
          platformAdministrator: false,
          settings: {},
          version: 2,
        },
        expiresIn: 600,
      },
    })
    expect(reply.body.accessToken.length).toBeLessThan(1024)
    expect(reply.text).not.toContain('argon2')
    expect(reply.headers.get('consistency-token')).not.toBeNull()
    expect((await login(username.toUpperCase())).status).toBe(200)
    expect((await login(email.toUpperCase())).status).toBe(200)
  })

  it('lets exactly one of 50 parallel registrations of an address succeed', async () => {
    const email = uniqueEmail()
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        register({ email: index % 2 === 0 ? email : email.toUpperCase(), password }),
      ),
    )
    const created = replies.filter(({ status }) => status === 201)
    const taken = replies.filter(({ body }) => body.code === 'email-taken')
    expect([created.length, taken.length]).toEqual([1, 49])
    const [left] = await servers.query(
      `select count(*)::int as claims from event_store.events
        where type = 'ValueClaimed' and stream like 'auth.claim-%'
          and data->>'factStream' = $1`,
      [`auth.user-default:${created[0]?.body.user.id}`],
    )
    expect(left).toEqual({ claims: 1 })
  })
})
