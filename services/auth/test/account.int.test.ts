import { randomBytes } from 'node:crypto'
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

const unique = () => randomBytes(6).toString('hex')
const uniqueEmail = () => `Person.${unique()}@Example.com`
const register = (body: object) => auth.call('POST', '/v1/auth/register', { body })
const person = () => register({ email: uniqueEmail(), password })
const login = (identifier: string, given = password) =>
  auth.call('POST', '/v1/auth/login', { body: { identifier, password: given } })
const refresh = (refreshToken: string) =>
  auth.call('POST', '/v1/auth/refresh', { body: { refreshToken } })
const me = (token: string) => auth.call('GET', '/v1/auth/me', { token })
const patch = (token: string, body: object, headers = {}) =>
  auth.call('PATCH', '/v1/auth/me', { token, body, headers })
const codeOf = ({ status, body }: Reply) => [status, body?.code]

describe('registering', () => {
  it('answers 201 with the user and tokens, and never a hash', async () => {
    const email = uniqueEmail()
    const username = `Ada-${unique()}`
    const reply = await register({ email: `  ${email} `, password, name: 'Ada', username })
    expect(reply).toMatchObject({
      status: 201,
      body: {
        user: { email, username, name: 'Ada', tenantId: 'default', settings: {}, version: 2 },
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
    expect((await login(email)).body.user.id).toBe(created[0]?.body.user.id)
    const claims = await servers.query(
      `select data->>'factStream' as owner from event_store.events
        where type in ('ValueClaimed', 'ClaimReleased') and stream = (
          select stream from event_store.events
           where type = 'ValueClaimed' and data->>'factStream' = $1)`,
      [`auth.user-default:${created[0]?.body.user.id}`],
    )
    expect(claims).toHaveLength(1)
  })

  it('leaves no claim behind when the user name is taken', async () => {
    const username = `ada-${unique()}`
    await register({ email: uniqueEmail(), password, username })
    const email = uniqueEmail()
    const refused = await register({ email, password, username: username.toUpperCase() })
    expect(codeOf(refused)).toEqual([409, 'username-taken'])
    expect((await register({ email, password })).status).toBe(201)
  })

  it.each([
    [{ email: 'nobody', password }, '/email'],
    [{ email: 'nobody@nowhere', password }, '/email'],
    [{ email: 'a@example.com', password: 'short' }, '/password'],
    [{ email: 'a@example.com', password, username: 'a@b' }, '/username'],
    [{ email: 'a@example.com', password, username: 'a＠b' }, '/username'],
  ])('refuses %j, naming the field', async (body, pointer) => {
    const reply = await register(body)
    expect(codeOf(reply)).toEqual([422, 'validation-failed'])
    expect(reply.body.errors).toMatchObject([{ pointer }])
  })

  it('refuses a common password, and the address as password', async () => {
    const email = uniqueEmail()
    for (const weak of ['password123', email.toLowerCase()]) {
      const reply = await register({ email, password: weak })
      expect(codeOf(reply)).toEqual([422, 'password-too-weak'])
      expect(reply.body.errors).toMatchObject([{ pointer: '/password' }])
    }
  })

  it('is refused in a tenant that does not exist', async () => {
    const reply = await auth.call('POST', '/v1/auth/register', {
      body: { email: uniqueEmail(), password },
      headers: { 'x-tenant': 'nowhere' },
    })
    expect(codeOf(reply)).toEqual([404, 'not-found'])
  })
})

describe('signing in', () => {
  it('refuses a wrong password and an unknown address with the same body', async () => {
    const { body } = await person()
    const [wrong, unknown] = [await login(body.user.email, 'wrong'), await login(uniqueEmail())]
    expect(codeOf(wrong)).toEqual([401, 'invalid-credentials'])
    expect(unknown.body).toEqual(wrong.body)
    expect(codeOf(await login('no\u200bname'))).toEqual([401, 'invalid-credentials'])
  })

  it('takes an old bcrypt hash, once: it is Argon2id from then on', async () => {
    const { body } = await person()
    const { hash } = await import('@node-rs/bcrypt')
    await replaceHash(body.user.id as string, await hash('an old passphrase', { cost: 4 }))
    expect((await login(body.user.email, 'an old passphrase')).status).toBe(200)
    const hashes = await servers.query(
      `select data->>'passwordHash' as hash, data->>'reason' as reason from event_store.events
        where stream = $1 and type = 'PasswordSet' order by revision`,
      [`auth.user-default:${body.user.id}`],
    )
    expect(hashes.map(({ reason }) => reason)).toEqual(['registration', 'change', 'upgrade'])
    expect(hashes.at(-1)?.['hash']).toMatch(/^\$argon2id\$/)
    expect((await login(body.user.email, 'an old passphrase')).status).toBe(200)
  })
})

/** As an import would: the account has this hash from now on. */
async function replaceHash(userId: string, passwordHash: string) {
  const { createPostgresEventStore } =
    await import('@atrium/platform/event-store/postgres/store.ts')
  const store = createPostgresEventStore({ connectionString: servers.database.ownerUrl })
  const metadata = { tenant: 'default', actor: {}, correlationId: 'c', commandId: 'c' }
  const data = { userId, passwordHash, reason: 'change', setAt: new Date().toISOString() }
  const id = crypto.randomUUID()
  const event = { id, type: 'PasswordSet', data, metadata: { ...metadata, schemaVersion: 1 } }
  await store.append(`auth.user-default:${userId}`, [event], 1)
  await store.close()
}

describe('refreshing', () => {
  it('rotates the refresh token; a spent one ends the session', async () => {
    const { body } = await person()
    const first = await refresh(body.refreshToken as string)
    expect(first).toMatchObject({ status: 200, body: { user: { id: body.user.id } } })
    expect(codeOf(await refresh(body.refreshToken as string))).toEqual([
      401,
      'refresh-token-reused',
    ])
    expect(codeOf(await refresh(first.body.refreshToken as string))).toEqual([
      401,
      'session-revoked',
    ])
    expect(codeOf(await me(first.body.accessToken as string))).toEqual([401, 'session-revoked'])
  })

  it('lets one of several parallel exchanges win, and the session is over', async () => {
    const { body } = await person()
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => refresh(body.refreshToken as string)),
    )
    const won = replies.filter(({ status }) => status === 200)
    const codes = replies.filter(({ status }) => status === 401).map(({ body: b }) => b.code)
    expect(won).toHaveLength(1)
    expect(codes.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      'refresh-token-reused',
      ...Array<string>(3).fill('session-revoked'),
    ])
    expect((await refresh(won[0]?.body.refreshToken as string)).status).toBe(401)
  })

  it('refuses what was never issued, without harm to the session', async () => {
    const { body } = await person()
    const plain = Buffer.from(body.refreshToken as string, 'base64url').toString()
    const forged = Buffer.from(plain.replace(/\.[^.]+\.[^.]+$/, '.forged.forged')).toString(
      'base64url',
    )
    for (const text of ['nonsense', forged]) {
      expect(codeOf(await refresh(text))).toEqual([401, 'refresh-token-invalid'])
    }
    expect((await refresh(body.refreshToken as string)).status).toBe(200)
  })
})

describe('signing out', () => {
  it('ends the session at once, here and for whoever asks about it', async () => {
    const { body } = await person()
    const token = body.accessToken as string
    const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sid: string
    }
    const status = () => auth.call('GET', `/internal/sessions/${sid}`)
    expect((await status()).body).toEqual({ revoked: false })
    expect((await auth.call('POST', '/v1/auth/logout', { token })).status).toBe(204)
    expect(codeOf(await me(token))).toEqual([401, 'session-revoked'])
    expect((await refresh(body.refreshToken as string)).status).toBe(401)
    const after = await until(status, (reply) => reply.body.revoked === true)
    expect(after.body).toEqual({ revoked: true })
  })
})

describe('me', () => {
  it('shows and changes name, user name and settings, with its version', async () => {
    const { body } = await person()
    const token = body.accessToken as string
    const username = `Grace-${unique()}`
    const changed = await patch(token, { name: 'Grace', username, settings: { a: 1, b: 2 } })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Grace', username, version: 5 } })
    await patch(token, { settings: { a: null, c: 3 } })
    const shown = await me(token)
    expect(shown.body).toMatchObject({ name: 'Grace', settings: { b: 2, c: 3 }, version: 6 })
    expect(shown.body.settings).not.toHaveProperty('a')
    expect(shown.headers.get('etag')).toBe('"6"')
  })

  it('refuses a stale If-Match with what changed since', async () => {
    const { body } = await person()
    const token = body.accessToken as string
    expect((await patch(token, { name: 'A' }, { 'if-match': '"2"' })).status).toBe(200)
    for (const change of [{ name: 'B' }, { username: `b-${unique()}` }]) {
      const stale = await patch(token, change, { 'if-match': '"2"' })
      expect(stale).toMatchObject({
        status: 409,
        body: { code: 'version-conflict', currentVersion: 3, changes: [{ version: 3 }] },
      })
    }
  })

  it('moves the claim with the user name: the new one is taken, the old one free', async () => {
    const [one, two] = [(await person()).body, (await person()).body]
    const [old, next] = [`old-${unique()}`, `next-${unique()}`]
    await patch(one.accessToken as string, { username: old })
    await patch(one.accessToken as string, { username: next })
    const taken = await patch(two.accessToken as string, { username: next.toUpperCase() })
    expect(codeOf(taken)).toEqual([409, 'username-taken'])
    expect((await patch(two.accessToken as string, { username: old })).status).toBe(200)
    expect((await login(old)).body.user.id).toBe(two.user.id)
    expect((await login(next)).body.user.id).toBe(one.user.id)
    expect((await patch(one.accessToken as string, { username: null })).status).toBe(200)
    expect(codeOf(await login(next))).toEqual([401, 'invalid-credentials'])
  })

  it('keeps user names unique while many change theirs to and fro', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, person))
    const names = [`x-${unique()}`, `y-${unique()}`]
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        patch(people[index % 4]?.body.accessToken as string, {
          username: names[(index >> 2) % 2] as string,
        }),
      ),
    )
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 409]))
    const now = await Promise.all(people.map(({ body }) => me(body.accessToken as string)))
    const held = now.map(({ body }) => body.username as string | null).filter((name) => name)
    expect(new Set(held).size).toBe(held.length)
    for (const { body } of now) {
      if (body.username) expect((await login(body.username)).body.user.id).toBe(body.id)
    }
  })

  it('is not for strangers', async () => {
    const reply = await auth.call('GET', '/v1/auth/me')
    expect(codeOf(reply)).toEqual([401, 'not-signed-in'])
  })
})

describe('the session list', () => {
  it('names devices, pages, and ends one or all others', async () => {
    const { body } = await person()
    const token = body.accessToken as string
    const email = body.user.email as string
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
    let seen = ''
    for (let count = 0; count < 3; count += 1) {
      const reply = await auth.call('POST', '/v1/auth/login', {
        body: { identifier: email, password },
        headers: { 'user-agent': firefox },
      })
      seen = reply.headers.get('consistency-token') ?? ''
    }
    const list = (query = '') =>
      auth.call('GET', `/v1/auth/sessions${query}`, {
        token,
        headers: { 'consistency-token': seen },
      })
    const all = await list()
    expect(all.body.items).toHaveLength(4)
    expect(all.body.items[0]).toMatchObject({ deviceName: 'Firefox on Linux', current: false })
    expect(all.body.items[3]).toMatchObject({ current: true })
    const first = await list('?limit=3')
    const second = await list(`?limit=3&cursor=${first.body.nextCursor}`)
    expect([...first.body.items, ...second.body.items]).toEqual(all.body.items)
    expect(second.body.nextCursor).toBeNull()

    const id = all.body.items[0].id as string
    const ended = await auth.call('DELETE', `/v1/auth/sessions/${id}`, { token })
    seen = ended.headers.get('consistency-token') ?? ''
    expect([ended.status, (await list()).body.items.length]).toEqual([204, 3])
    const rest = await auth.call('POST', '/v1/auth/sessions/revoke-others', { token })
    seen = rest.headers.get('consistency-token') ?? ''
    expect((await list()).body.items).toMatchObject([{ current: true }])
    expect((await me(token)).status).toBe(200)
  })

  it('finds no session of others, of nobody, or of another form, with the same body', async () => {
    const [one, two] = [(await person()).body, (await person()).body]
    const { sid } = JSON.parse(
      Buffer.from(String(two.accessToken).split('.')[1] ?? '', 'base64url').toString(),
    ) as { sid: string }
    const token = one.accessToken as string
    const bodies = new Set<string>()
    for (const id of [sid, `ses_${'f'.repeat(32)}`, 'x', "'"]) {
      const reply = await auth.call('DELETE', `/v1/auth/sessions/${id}`, { token })
      expect(reply.status).toBe(404)
      bodies.add(reply.text)
    }
    expect(bodies.size).toBe(1)
    expect((await me(two.accessToken as string)).status).toBe(200)
  })
})
