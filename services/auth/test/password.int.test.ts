import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  password,
  startAuth,
  startServers,
  until,
  type AuthProcess,
  type AuthServers,
  type Reply,
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

const newPassword = 'another long passphrase'
const uniqueEmail = () => `p-${randomBytes(6).toString('hex')}@example.com`
const uniqueAddress = () => `198.51.${randomBytes(1)[0]}.7`
const codeOf = ({ status, body }: Reply) => [status, body?.code]
async function person(email = uniqueEmail()) {
  const { body } = await auth.call('POST', '/v1/auth/register', { body: { email, password } })
  return { email, token: body.accessToken as string, refreshToken: body.refreshToken as string }
}
const login = (identifier: string, given = password, address = '127.0.0.1') =>
  auth.call('POST', '/v1/auth/login', {
    body: { identifier, password: given },
    headers: { 'x-forwarded-for': address },
  })
const refresh = (refreshToken: string) =>
  auth.call('POST', '/v1/auth/refresh', { body: { refreshToken } })
const change = (token: string, currentPassword: string) =>
  auth.call('POST', '/v1/auth/password/change', { token, body: { currentPassword, newPassword } })
const forgot = (email: string) => auth.call('POST', '/v1/auth/password/forgot', { body: { email } })
const reset = (token: string, given = newPassword) =>
  auth.call('POST', '/v1/auth/password/reset', { body: { token, password: given } })
const me = (token: string) => auth.call('GET', '/v1/auth/me', { token })

describe('changing the password', () => {
  it('needs the current one, and ends every other session before it answers', async () => {
    const { email, token, refreshToken } = await person()
    const others = await Promise.all(Array.from({ length: 3 }, () => login(email)))
    expect(codeOf(await change(token, 'wrong'))).toEqual([401, 'invalid-credentials'])
    expect((await change(token, password)).status).toBe(204)
    for (const other of others) {
      expect(codeOf(await me(other.body.accessToken as string))).toEqual([401, 'session-revoked'])
      expect((await refresh(other.body.refreshToken as string)).status).toBe(401)
    }
    expect((await me(token)).status).toBe(200)
    expect((await refresh(refreshToken)).status).toBe(200)
    expect((await login(email)).status).toBe(401)
    expect((await login(email, newPassword)).status).toBe(200)
  })

  it('leaves no session of the old one, however many sign in meanwhile', async () => {
    const { email, token } = await person()
    const [changed, ...signIns] = await Promise.all([
      change(token, password),
      ...Array.from({ length: 8 }, () => login(email)),
    ])
    expect(changed?.status).toBe(204)
    for (const { status, body } of signIns) {
      if (status === 200) expect((await refresh(body.refreshToken as string)).status).toBe(401)
      else expect(status).toBe(401)
    }
  })

  it('is made up for by the reaction where the request died half way', async () => {
    const { email, token } = await person()
    const other = await login(email)
    await appendPasswordChanged(token, 'change')
    const dead = await until(
      () => me(other.body.accessToken as string),
      ({ status }) => status === 401,
    )
    expect(codeOf(dead)).toEqual([401, 'session-revoked'])
    expect((await me(token)).status).toBe(200)
  })

  it('opens the lock after a reset, also where the request died before it had', async () => {
    const { email, token } = await person()
    for (let count = 0; count < 10; count += 1) await login(email, 'wrong')
    expect(codeOf(await login(email))).toEqual([429, 'locked'])
    await appendPasswordChanged(token, 'reset')
    const open = await until(
      () => login(email),
      ({ status }) => status === 200,
    )
    expect(open.status).toBe(200)
  })
})

/** What a request leaves that was killed right after its first write. */
async function appendPasswordChanged(token: string, reason: 'change' | 'reset') {
  const { sub, sid } = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  ) as { sub: string; sid: string }
  const { createPostgresEventStore } =
    await import('@atrium/platform/event-store/postgres/store.ts')
  const store = createPostgresEventStore({ connectionString: servers.database.ownerUrl })
  const event = {
    id: crypto.randomUUID(),
    type: 'PasswordChanged',
    data: {
      userId: sub,
      reason,
      ...(reason === 'change' ? { keptSessionId: sid } : {}),
      changedAt: new Date().toISOString(),
    },
    metadata: {
      tenant: 'default',
      actor: {},
      correlationId: 'c',
      commandId: crypto.randomUUID(),
      schemaVersion: 1,
    },
  }
  await store.append(`auth.user-default:${sub}`, [event], 1)
  await store.close()
}

describe('a forgotten password', () => {
  it('is reset by the mailed link, once; every session ends and the lock opens', async () => {
    const { email, refreshToken } = await person()
    for (let count = 0; count < 10; count += 1) await login(email, 'wrong')
    expect(codeOf(await login(email))).toEqual([429, 'locked'])
    expect((await forgot(email.toUpperCase())).status).toBe(202)
    const [token] = await tokensFor(email, 1)
    expect(codeOf(await reset('nonsense'))).toEqual([422, 'reset-token-invalid'])
    expect(codeOf(await reset(token ?? '', 'password123'))).toEqual([422, 'password-too-weak'])
    expect((await reset(token ?? '')).status).toBe(204)
    expect(codeOf(await reset(token ?? ''))).toEqual([422, 'reset-token-invalid'])
    expect((await refresh(refreshToken)).status).toBe(401)
    expect((await login(email, newPassword)).status).toBe(200)
  })

  it('is reset by the newest link alone', async () => {
    const { email } = await person()
    await forgot(email)
    const [first] = await tokensFor(email, 1)
    await forgot(email)
    const second = (await tokensFor(email, 2)).find((token) => token !== first)
    expect(codeOf(await reset(first ?? ''))).toEqual([422, 'reset-token-invalid'])
    expect((await reset(second ?? '')).status).toBe(204)
  })

  it('answers the same, after the same time, whether or not the address exists', async () => {
    const { email } = await person()
    const timed = async (address: string) => {
      const from = performance.now()
      const reply = await forgot(address)
      const headers = [...reply.headers.keys()].toSorted()
      return { status: reply.status, text: reply.text, headers, ms: performance.now() - from }
    }
    const [known, unknown] = [await timed(email), await timed(uniqueEmail())]
    expect({ ...known, ms: 0 }).toEqual({ ...unknown, ms: 0 })
    for (const { ms } of [known, unknown]) expect(ms).toBeGreaterThan(299)
  })
})

/** The tokens of the mails to an address, as soon as there are so many. */
async function tokensFor(email: string, count: number): Promise<string[]> {
  const read = async () => {
    const names = (await readdir(auth.mailFolder)).filter((name) => name.endsWith('.eml'))
    const mails = await Promise.all(
      names.toSorted().map((name) => readFile(join(auth.mailFolder, name), 'utf8')),
    )
    return mails
      .filter((mail) => mail.includes(`To: ${email}`))
      .map((mail) => mail.replaceAll('=\r\n', ''))
      .flatMap((mail) => /token=(?:3D)?([\w-]+)/.exec(mail)?.[1] ?? [])
  }
  return until(read, (tokens) => tokens.length >= count)
}

describe('the lockout', () => {
  it('locks an account after ten failures, from anywhere, and says for how long', async () => {
    const { email } = await person()
    for (let count = 0; count < 10; count += 1) {
      expect((await login(email, 'wrong')).status).toBe(401)
    }
    const locked = await login(email, password, uniqueAddress())
    expect(codeOf(locked)).toEqual([429, 'locked'])
    const seconds = Number(locked.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(40)
    expect(seconds).toBeLessThanOrEqual(60)
  })

  it('lets parallel guesses pass no more than one by one', async () => {
    const { email } = await person()
    const replies = await Promise.all(Array.from({ length: 18 }, () => login(email, 'wrong')))
    const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([...Array<number>(10).fill(401), ...Array<number>(8).fill(429)])
  })

  it('locks an identifier that is nobody as if it were somebody', async () => {
    const nobody = uniqueEmail()
    for (let count = 0; count < 10; count += 1) await login(nobody, 'wrong')
    expect(codeOf(await login(nobody.toUpperCase()))).toEqual([429, 'locked'])
  })

  it('locks a range of addresses for every account, and no other range', async () => {
    const { email } = await person()
    const range = uniqueAddress().replace(/\.7$/, '')
    for (let count = 0; count < 10; count += 1)
      await login(uniqueEmail(), 'wrong', `${range}.${count}`)
    expect(codeOf(await login(email, password, `${range}.200`))).toEqual([429, 'locked'])
    expect((await login(email, password, '203.0.113.9')).status).toBe(200)
  })

  it('forgets failures at the first success', async () => {
    const { email } = await person()
    for (let round = 0; round < 2; round += 1) {
      for (let count = 0; count < 9; count += 1) await login(email, 'wrong')
      expect((await login(email)).status).toBe(200)
    }
  })

  it('counts wrong current passwords too', async () => {
    const { token } = await person()
    for (let count = 0; count < 10; count += 1) await change(token, 'wrong')
    expect(codeOf(await change(token, password))).toEqual([429, 'locked'])
  })
})
