import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Session } from '@atrium/contracts/auth/http.ts'
import { describe, expect, inject, it } from 'vitest'
import {
  call,
  createPerson,
  createTenant,
  password,
  register,
  uniqueEmail,
  until,
  type Reply,
} from './client.ts'
import { readData } from './global-setup.ts'

const expectProblem = (reply: Reply, status: number, code: string) => {
  expect(reply.headers.get('content-type')).toContain('application/problem+json')
  expect(reply.body).toMatchObject({ status, code })
  expect(reply.status).toBe(status)
}
const login = (identifier: string, given = password, tenant = 'default') =>
  call('POST', '/v1/auth/login', {
    headers: { 'x-tenant': tenant },
    body: { identifier, password: given },
  })
const refresh = (refreshToken: string) =>
  call('POST', '/v1/auth/refresh', { body: { refreshToken } })
const me = (accessToken: string) =>
  call('GET', '/v1/auth/me', { headers: { authorization: `Bearer ${accessToken}` } })

describe('registering', () => {
  it('answers 201 with the user and tokens, and never a hash', async () => {
    const email = uniqueEmail()
    const username = `User-${email.slice(2, 10)}`
    const reply = await call('POST', '/v1/auth/register', {
      body: { email, password, name: 'Ada', username },
    })
    expect(reply).toMatchObject({
      status: 201,
      body: { user: { email, username, name: 'Ada', tenantId: 'default' }, expiresIn: 600 },
    })
    expect(reply.body.accessToken.length).toBeLessThan(1024)
    expect(reply.text).not.toContain('argon2')
    expect((await login(username.toUpperCase())).status).toBe(200)
    expect((await login(email.toUpperCase())).status).toBe(200)
  })

  it('lets exactly one of 50 parallel registrations of an address succeed', async () => {
    const email = uniqueEmail()
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        call('POST', '/v1/auth/register', {
          body: { email: index % 2 === 0 ? email : email.toUpperCase(), password },
        }),
      ),
    )
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    const others = replies.filter(({ status }) => status !== 201)
    for (const reply of others) expectProblem(reply, 409, 'email-taken')
    expect((await login(email)).status).toBe(200)
  })

  it('takes the same address in another tenant as another account', async () => {
    const [here, there] = [await createTenant(), await createTenant()]
    const email = uniqueEmail()
    const one = await register(here, email)
    const two = await register(there, email)
    expect(one.tokens.user.id).not.toBe(two.tokens.user.id)
    expect((await login(email, password, here)).body.user.tenantId).toBe(here)
  })

  it.each([
    [{ email: 'nobody', password }, '/email'],
    [{ email: 'a@example.com', password: 'short' }, '/password'],
    [{ email: 'a@example.com', password, username: 'a@b' }, '/username'],
    [{ email: 'a@example.com', password, admin: true }, '/admin'],
    [{ email: 'a@example.com' }, '/password'],
  ])('refuses %j, naming the field', async (body, pointer) => {
    const reply = await call('POST', '/v1/auth/register', { body })
    expectProblem(reply, 422, 'validation-failed')
    const errors = reply.body.errors as { pointer: string }[]
    expect(errors.map((error) => error.pointer)).toContain(pointer)
  })

  it('refuses a common password and a body that does not parse', async () => {
    const weak = { email: uniqueEmail(), password: 'password123' }
    expectProblem(await call('POST', '/v1/auth/register', { body: weak }), 422, 'password-too-weak')
    const response = await fetch(`${inject('atrium').url}/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":',
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'malformed-body' })
  })
})

describe('signing in', () => {
  it('refuses a wrong password and an unknown address with the same body', async () => {
    const { email } = await register()
    const [wrong, unknown] = [await login(email, 'not the one'), await login(uniqueEmail())]
    expectProblem(wrong, 401, 'invalid-credentials')
    expect(unknown.body.title).toBe(wrong.body.title)
    expect(unknown.status).toBe(401)
  })

  it('locks an account after ten failures, for a while', async () => {
    const { email } = await register()
    for (let failures = 0; failures < 10; failures += 1) await login(email, 'not the one')
    const reply = await login(email)
    expectProblem(reply, 429, 'locked')
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('refreshing', () => {
  it('rotates the refresh token; a spent one kills the family', async () => {
    const person = await register()
    const first = await refresh(person.tokens.refreshToken)
    expect(first.status).toBe(200)
    const reused = await refresh(person.tokens.refreshToken)
    expectProblem(reused, 401, 'refresh-token-reused')
    expectProblem(await refresh(first.body.refreshToken as string), 401, 'session-revoked')
    const dead = await until(
      () => me(first.body.accessToken as string),
      ({ status }) => status === 401,
      1_000,
    )
    expect(dead.status).toBe(401)
  })

  it('refuses nonsense', async () => {
    expectProblem(await refresh('nonsense'), 401, 'refresh-token-invalid')
  })
})

describe('signing out', () => {
  it('kills the tokens within a second', async () => {
    const person = await register()
    expect((await person.call('POST', '/v1/auth/logout')).status).toBe(204)
    const dead = await until(
      () => me(person.tokens.accessToken),
      ({ status }) => status === 401,
      1_000,
    )
    expectProblem(dead, 401, 'session-revoked')
    expect((await refresh(person.tokens.refreshToken)).status).toBe(401)
  })
})

describe('me', () => {
  it('shows and changes name, user name and settings', async () => {
    const person = await register()
    const username = `u-${person.email.slice(2, 12)}`
    const changed = await person.call('PATCH', '/v1/auth/me', {
      body: { name: 'Grace', username, settings: { theme: 'dark', beta: true } },
    })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Grace', username } })
    await person.call('PATCH', '/v1/auth/me', { body: { settings: { beta: null } } })
    const shown = await person.call('GET', '/v1/auth/me')
    expect(shown.body).toMatchObject({ name: 'Grace', settings: { theme: 'dark' } })
    expect(shown.body.settings).not.toHaveProperty('beta')
    expect(shown.headers.get('etag')).toBe(`"${shown.body.version}"`)
    expect((await login(username)).status).toBe(200)
  })

  it('refuses a user name that is taken', async () => {
    const [one, two] = [await register(), await register()]
    const username = `u-${one.email.slice(2, 12)}`
    await one.call('PATCH', '/v1/auth/me', { body: { username } })
    const reply = await two.call('PATCH', '/v1/auth/me', {
      body: { username: username.toUpperCase() },
    })
    expectProblem(reply, 409, 'username-taken')
  })

  it('is not for strangers', async () => {
    const reply = await call('GET', '/v1/auth/me')
    expectProblem(reply, 401, 'not-signed-in')
    expect(reply.headers.get('www-authenticate')).toContain('Bearer')
  })
})

describe('the password', () => {
  it('is changed with the current one, and every other session ends', async () => {
    const person = await register()
    const other = await login(person.email)
    const wrong = await person.call('POST', '/v1/auth/password/change', {
      body: { currentPassword: 'not the one', newPassword: 'another long passphrase' },
    })
    expectProblem(wrong, 401, 'invalid-credentials')
    const changed = await person.call('POST', '/v1/auth/password/change', {
      body: { currentPassword: password, newPassword: 'another long passphrase' },
    })
    expect(changed.status).toBe(204)
    expect((await login(person.email)).status).toBe(401)
    expect((await login(person.email, 'another long passphrase')).status).toBe(200)
    expect((await person.call('GET', '/v1/auth/me')).status).toBe(200)
    expect((await refresh(other.body.refreshToken as string)).status).toBe(401)
  })

  it('is reset by a mailed link, once, and nobody learns whether an address exists', async () => {
    const person = await register()
    const forgot = (email: string) => call('POST', '/v1/auth/password/forgot', { body: { email } })
    expect((await forgot(uniqueEmail())).status).toBe(202)
    expect((await forgot(person.email)).status).toBe(202)
    const token = await resetTokenFor(person.email)
    const reset = (given: string) =>
      call('POST', '/v1/auth/password/reset', {
        body: { token: given, password: 'a third long passphrase' },
      })
    expectProblem(await reset('nonsense'), 422, 'reset-token-invalid')
    expect((await reset(token)).status).toBe(204)
    expectProblem(await reset(token), 422, 'reset-token-invalid')
    expect((await login(person.email, 'a third long passphrase')).status).toBe(200)
    expect((await refresh(person.tokens.refreshToken)).status).toBe(401)
  })
})

/** The token in the newest mail to an address, as the local start keeps it. */
async function resetTokenFor(email: string): Promise<string> {
  const { dataFolder } = inject('atrium')
  const find = async () => {
    const names = await readdir(path.join(dataFolder, 'mail')).catch(() => [])
    for (const name of names.toSorted((a, b) => b.localeCompare(a))) {
      const mail = (await readData(dataFolder, path.join('mail', name))).replaceAll('=\r\n', '')
      if (mail.includes(email)) return /token=(?:3D)?([A-Za-z0-9._~%-]+)/.exec(mail)?.[1]
    }
    return undefined
  }
  const token = await until(find, (found) => found !== undefined)
  if (token === undefined) throw new Error('no mail came')
  return decodeURIComponent(token)
}

describe('sessions', () => {
  it('are listed, and ended one by one or all others at once', async () => {
    const person = await register()
    const others = [await login(person.email), await login(person.email), await login(person.email)]
    // Whoever signed in last has seen every sign-in before.
    const second = createPerson('default', others.at(-1) as Reply)
    const listed = async () =>
      (await second.call('GET', '/v1/auth/sessions')).body.items as Session[]
    const before = await listed()
    expect(before).toHaveLength(4)
    expect(before.filter(({ current }) => current)).toHaveLength(1)

    const victim = before.find(({ current }) => !current)
    const ended = await second.call('DELETE', `/v1/auth/sessions/${victim?.id}`)
    expect(ended.status).toBe(204)
    expect(await listed()).toHaveLength(3)
    expect((await second.call('POST', '/v1/auth/sessions/revoke-others')).status).toBe(204)
    expect(await listed()).toMatchObject([{ current: true }])
    expect((await second.call('GET', '/v1/auth/me')).status).toBe(200)
    expect((await refresh(person.tokens.refreshToken)).status).toBe(401)
  })
})
