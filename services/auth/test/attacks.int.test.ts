import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  password,
  startAuth,
  startServers,
  type AuthProcess,
  type AuthServers,
  type Reply,
} from './auth-process.ts'

const administrator = { email: 'root@example.com', password: 'the administrator password' }
let servers: AuthServers
let auth: AuthProcess

beforeAll(async () => {
  servers = await startServers()
  auth = await startAuth(servers, {
    ATRIUM_ADMIN_EMAIL: administrator.email,
    ATRIUM_ADMIN_PASSWORD: administrator.password,
  })
})
afterAll(async () => {
  await auth.close()
  await servers.close()
})

const unique = () => randomBytes(6).toString('hex')
const codeOf = ({ status, body }: Reply) => [status, body?.code]
const inTenant = (tenant: string) => ({ 'x-tenant': tenant })

async function person(tenant = 'default') {
  const email = `p-${unique()}@example.com`
  const { body } = await auth.call('POST', '/v1/auth/register', {
    body: { email, password },
    headers: inTenant(tenant),
  })
  return {
    email,
    id: body.user.id as string,
    token: body.accessToken as string,
    refreshToken: body.refreshToken as string,
  }
}

const login = (identifier: string, given = password, address = '127.0.0.1') =>
  auth.call('POST', '/v1/auth/login', {
    body: { identifier, password: given },
    headers: { 'x-forwarded-for': address },
  })

async function administratorToken(): Promise<string> {
  const { body } = await login(administrator.email, administrator.password)
  return body.accessToken as string
}

async function newTenant(): Promise<string> {
  const id = `t-${unique()}`
  const token = await administratorToken()
  await auth.call('POST', '/v1/tenants', { token, body: { id, name: 'Acme' } })
  return id
}

describe('whoever asks for somebody else', () => {
  it('has not caused that person’s events, so their stream does not tell of an account', async () => {
    const [spy, victim] = [await person(), await person()]
    const { status } = await auth.call('POST', '/v1/auth/password/forgot', {
      token: spy.token,
      body: { email: victim.email },
    })
    expect(status).toBe(202)
    const requested = await servers.query(
      `select metadata from event_store.events
        where type = 'PasswordResetRequested' and stream = $1`,
      [`auth.user-default:${victim.id}`],
    )
    expect(requested).toHaveLength(1)
    expect(JSON.stringify(requested)).not.toContain(spy.id)
    expect(requested[0]).not.toHaveProperty('metadata.sessionId')
  })

  it('buries nobody in mails', async () => {
    const victim = await person()
    for (let count = 0; count < 8; count += 1) {
      const { status } = await auth.call('POST', '/v1/auth/password/forgot', {
        body: { email: victim.email },
      })
      expect(status).toBe(202)
    }
    const requested = await servers.query(
      `select id from event_store.events where type = 'PasswordResetRequested' and stream = $1`,
      [`auth.user-default:${victim.id}`],
    )
    expect(requested).toHaveLength(5)
  })
})

describe('a refresh token', () => {
  const refresh = (refreshToken: string, options: object = {}) =>
    auth.call('POST', '/v1/auth/refresh', { body: { refreshToken }, ...options })

  it('is refused, and not spent, where another tenant is named', async () => {
    const [here, there] = [await newTenant(), await newTenant()]
    const [mine, theirs] = [await person(here), await person(there)]
    const named = await refresh(mine.refreshToken, { headers: inTenant(there) })
    expect(codeOf(named)).toEqual([401, 'refresh-token-invalid'])
    const beside = await refresh(mine.refreshToken, { token: theirs.token })
    expect(codeOf(beside)).toEqual([401, 'refresh-token-invalid'])
    const right = await refresh(mine.refreshToken, { headers: inTenant(here) })
    expect(right.status).toBe(200)
    expect((await refresh(right.body.refreshToken as string)).status).toBe(200)
  })
})

describe('a user name', () => {
  it('is not taken from others by a change that is refused', async () => {
    const [squatter, other] = [await person(), await person()]
    const username = `wanted-${unique()}`
    const refused = await auth.call('PATCH', '/v1/auth/me', {
      token: squatter.token,
      body: { username, settings: { large: 'x'.repeat(20_000) } },
    })
    expect(codeOf(refused)).toEqual([422, 'validation-failed'])
    const changed = await auth.call('PATCH', '/v1/auth/me', {
      token: other.token,
      body: { username },
    })
    expect(changed).toMatchObject({ status: 200, body: { username } })
  })
})

describe('a body before sign-in', () => {
  it('is small, but has room for the longest password however it is spelled', async () => {
    const sent = async (spelling: string) => {
      const body = `{"identifier":"nobody-${unique()}","password":"${spelling}"}`
      const response = await fetch(`${auth.url}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      return response.status
    }
    expect(await sent(String.raw`\ud83c\udf33`.repeat(512))).toBe(401)
    expect(await sent('x'.repeat(40_000))).toBe(413)
  })
})

describe('a cursor of a client’s own making', () => {
  it('is refused, and no fault of the server', async () => {
    const { token } = await person()
    for (const time of ['0000-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000+23:59']) {
      const place = JSON.stringify([time, `ses_${'0'.repeat(32)}`])
      const cursor = Buffer.from(place).toString('base64url')
      const reply = await auth.call('GET', `/v1/auth/sessions?cursor=${cursor}`, { token })
      expect(codeOf(reply)).toEqual([422, 'validation-failed'])
    }
  })
})

describe('a lock', () => {
  const open = async (tenant: string, body: object, token?: string) =>
    auth.call('POST', `/v1/tenants/${tenant}/sign-in-locks/open`, {
      token: token ?? (await administratorToken()),
      body,
    })

  it('of an account is opened by an administrator, as an event that names them', async () => {
    const { email } = await person()
    for (let count = 0; count < 10; count += 1) await login(email, 'wrong')
    expect(codeOf(await login(email))).toEqual([429, 'locked'])
    expect((await open('default', { identifier: email.toUpperCase() })).status).toBe(204)
    expect((await login(email)).status).toBe(200)
    const root = (await login(administrator.email, administrator.password)).body.user.id as string
    const unlocked = await servers.query(
      `select 1 from event_store.events
        where type = 'SignInUnlocked' and metadata->'actor'->>'userId' = $1`,
      [root],
    )
    expect(unlocked).toHaveLength(1)
  })

  it('of a range of addresses is opened by an administrator', async () => {
    const { email } = await person()
    for (let count = 0; count < 10; count += 1) {
      await login(`nobody-${unique()}@example.com`, 'wrong', `203.0.113.${count}`)
    }
    expect(codeOf(await login(email, password, '203.0.113.200'))).toEqual([429, 'locked'])
    expect((await open('default', { address: '203.0.113.7' })).status).toBe(204)
    expect((await login(email, password, '203.0.113.200')).status).toBe(200)
  })

  it('is opened by nobody else, and for nothing that is no tenant or address', async () => {
    const { email, token } = await person()
    const refused = await open('default', { identifier: email }, token)
    expect(codeOf(refused)).toEqual([403, 'permission-denied'])
    for (const tenant of ['nowhere', '%20']) {
      expect(codeOf(await open(tenant, { identifier: email }))).toEqual([404, 'not-found'])
    }
    expect(codeOf(await open('default', {}))).toEqual([422, 'validation-failed'])
    const strange = await open('default', { address: '999.1.1.1' })
    expect(strange).toMatchObject({ status: 422, body: { errors: [{ pointer: '/address' }] } })
  })
})
