import { randomBytes } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { Client } from 'pg'
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

const administrator = { email: 'Admin@Example.com', password: 'the administrators passphrase' }
const rotationSeconds = 16
const environment = {
  ATRIUM_ADMIN_EMAIL: administrator.email,
  ATRIUM_ADMIN_PASSWORD: administrator.password,
  AUTH_KEY_ROTATION_SECONDS: String(rotationSeconds),
}

let servers: AuthServers
let one: AuthProcess
let two: AuthProcess

beforeAll(async () => {
  servers = await startServers()
  ;[one, two] = await Promise.all([
    startAuth(servers, environment),
    startAuth(servers, environment),
  ])
})
afterAll(async () => {
  await Promise.all([one.close(), two.close()])
  await servers.close()
})

const uniqueEmail = () => `p-${randomBytes(6).toString('hex')}@example.com`
const uniqueTenant = () => `t-${randomBytes(6).toString('hex')}`
const codeOf = ({ status, body }: Reply) => [status, body?.code]
const register = (auth: AuthProcess, email = uniqueEmail(), tenant = 'default') =>
  auth.call('POST', '/v1/auth/register', {
    body: { email, password },
    headers: { 'x-tenant': tenant },
  })
async function signInAdministrator(auth = one) {
  const reply = await auth.call('POST', '/v1/auth/login', {
    body: { identifier: administrator.email, password: administrator.password },
  })
  expect(reply).toMatchObject({ status: 200, body: { user: { platformAdministrator: true } } })
  return reply.body.accessToken as string
}
const createTenant = (token: string, id: string) =>
  one.call('POST', '/v1/tenants', { token, body: { id, name: 'Acme' } })

describe('the first start of two replicas', () => {
  it('makes one administrator and one default tenant', async () => {
    const counted = await servers.query(
      `select type, count(*)::int as count from event_store.events
        where type in ('UserRegistered', 'PlatformAdministratorAppointed', 'TenantCreated')
          and stream like '%-default:%'
        group by type order by type`,
    )
    expect(counted).toEqual([
      { type: 'PlatformAdministratorAppointed', count: 1 },
      { type: 'TenantCreated', count: 1 },
      { type: 'UserRegistered', count: 1 },
    ])
    await signInAdministrator(one)
    await signInAdministrator(two)
  })
})

describe('a session that one replica ended', () => {
  it('is refused by the other at once where it asks who it is', async () => {
    for (let round = 0; round < 10; round += 1) {
      const token = (await register(one)).body.accessToken as string
      expect((await two.call('GET', '/v1/auth/me', { token })).status).toBe(200)
      expect((await one.call('POST', '/v1/auth/logout', { token })).status).toBe(204)
      const reply = await two.call('GET', '/v1/auth/me', { token })
      expect(codeOf(reply)).toEqual([401, 'session-revoked'])
    }
  })
})

describe('tenants', () => {
  it('are created once, read and listed by the administrator', async () => {
    const token = await signInAdministrator()
    const id = uniqueTenant()
    const replies = await Promise.all(Array.from({ length: 5 }, () => createTenant(token, id)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    const refused = replies.filter(({ status }) => status !== 201)
    for (const reply of refused) expect(codeOf(reply)).toEqual([409, 'tenant-taken'])
    expect(codeOf(await createTenant(token, 'default'))).toEqual([409, 'tenant-taken'])

    const read = await two.call('GET', `/v1/tenants/${id}`, { token })
    expect(read).toMatchObject({ status: 200, body: { id, name: 'Acme' } })
    for (const unknown of ['nowhere', 'no where', 'ä']) {
      const reply = await one.call('GET', `/v1/tenants/${encodeURIComponent(unknown)}`, { token })
      expect(codeOf(reply)).toEqual([404, 'not-found'])
    }
    const seen = replies.find(({ status }) => status === 201)?.headers.get('consistency-token')
    const list = (query: string) =>
      two.call('GET', `/v1/tenants${query}`, {
        token,
        headers: { 'consistency-token': seen ?? '' },
      })
    const all = (await list('?limit=100')).body.items as { id: string }[]
    expect(all.map((item) => item.id)).toEqual(expect.arrayContaining(['default', id]))
    const first = (await list('?limit=1')).body
    expect(first.items).toEqual(all.slice(0, 1))
    expect((await list(`?limit=100&cursor=${first.nextCursor}`)).body.items).toEqual(all.slice(1))
  })

  it('are for platform administrators alone', async () => {
    const token = (await register(one)).body.accessToken as string
    for (const [method, path] of [
      ['POST', '/v1/tenants'],
      ['GET', '/v1/tenants'],
      ['GET', '/v1/tenants/default'],
    ] as const) {
      const body = method === 'POST' ? { body: { id: 'x', name: 'X' } } : {}
      expect(codeOf(await one.call(method, path, { token, ...body }))).toEqual([
        403,
        'permission-denied',
      ])
      expect(codeOf(await one.call(method, path, body))).toEqual([401, 'not-signed-in'])
    }
  })

  it('are apart: one address is two accounts, and a token is good in its own', async () => {
    const administration = await signInAdministrator()
    const [here, there] = [uniqueTenant(), uniqueTenant()]
    await createTenant(administration, here)
    await createTenant(administration, there)
    const email = uniqueEmail()
    const [mine, theirs] = [await register(one, email, here), await register(two, email, there)]
    expect([mine.status, theirs.status]).toEqual([201, 201])
    expect(mine.body.user.id).not.toBe(theirs.body.user.id)
    const token = mine.body.accessToken as string
    const mismatch = await one.call('GET', '/v1/auth/me', { token, headers: { 'x-tenant': there } })
    expect(codeOf(mismatch)).toEqual([403, 'tenant-mismatch'])
    const { sid } = claimsOf(theirs.body.accessToken as string)
    const foreign = await one.call('DELETE', `/v1/auth/sessions/${sid}`, { token })
    expect(codeOf(foreign)).toEqual([404, 'not-found'])
  })
})

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: string
    sub: string
  }

describe('two replicas', () => {
  it('let one of 50 parallel registrations of an address succeed', async () => {
    const email = uniqueEmail()
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) => register(index % 2 === 0 ? one : two, email)),
    )
    const codes = replies.map(({ status, body }) => [status, body.code])
    expect(codes.filter(([status]) => status === 201)).toHaveLength(1)
    expect(codes.filter(([, code]) => code === 'email-taken')).toHaveLength(49)
  })

  it('let one of two parallel exchanges of a refresh token win', async () => {
    const { body } = await register(one)
    const replies = await Promise.all(
      [one, two].map((auth) =>
        auth.call('POST', '/v1/auth/refresh', { body: { refreshToken: body.refreshToken } }),
      ),
    )
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })

  it('know of a session that ended at the other', async () => {
    const token = (await register(one)).body.accessToken as string
    const me = () => two.call('GET', '/v1/auth/me', { token })
    expect((await me()).status).toBe(200)
    await one.call('POST', '/v1/auth/logout', { token })
    const dead = await until(me, ({ status }) => status === 401)
    expect(codeOf(dead)).toEqual([401, 'session-revoked'])
  })
})

describe('signing keys', () => {
  const jwksOf = async (auth: AuthProcess) => {
    const reply = await auth.call('GET', '/.well-known/jwks.json')
    return { keys: reply.body.keys as JSONWebKeySet['keys'], headers: reply.headers }
  }
  const kidNow = async (auth: AuthProcess) =>
    decodeProtectedHeader((await register(auth)).body.accessToken as string).kid

  it('rotate, each published before it signs and kept after; all replicas agree', async () => {
    const { keys, headers } = await jwksOf(one)
    expect(headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
      expect(key).not.toHaveProperty('d')
    }
    const first = await register(one)
    const token = first.body.accessToken as string
    const { kid } = decodeProtectedHeader(token)
    const published = async () => (await jwksOf(two)).keys.map((key) => key.kid)
    const limitMs = 3 * rotationSeconds * 1_000
    const next = await until(
      async () => (await published()).filter((each) => !keys.some((key) => key.kid === each)),
      (fresh) => fresh.length > 0,
      limitMs,
    )
    expect(next.length).toBeGreaterThan(0)
    const changed = await until(
      () => kidNow(one),
      (now) => now !== kid,
      limitMs,
    )
    expect(await published()).toEqual(expect.arrayContaining([kid, changed]))

    const local = createLocalJWKSet({ keys: (await jwksOf(two)).keys })
    const verified = await jwtVerify(token, local, { issuer: 'atrium', audience: 'atrium' })
    expect(verified.payload).toMatchObject({ tid: 'default', sub: first.body.user.id })
    expect((await two.call('GET', '/v1/auth/me', { token })).status).toBe(200)
  })

  it('lie sealed, out of the reach of routes', async () => {
    const rows = await servers.query('select private_jwk_sealed as sealed from signing_key')
    for (const { sealed } of rows) expect(String(sealed)).not.toContain('"d"')
    await expect(asRoutes('select * from signing_key')).rejects.toThrow('permission denied')
  })
})

/** As the role of routes, in a transaction of this tenant if any. */
async function asRoutes(sql: string, tenant?: string) {
  const client = new Client({ connectionString: servers.database.routesUrl })
  await client.connect()
  try {
    await client.query('begin')
    if (tenant !== undefined) {
      await client.query(`select set_config('app.tenant', $1, true)`, [tenant])
    }
    return (await client.query<{ tenant_id: string }>(sql)).rows
  } finally {
    await client.end()
  }
}

describe('row-level security', () => {
  it.each(['session_list', 'tenant_list'])(
    'holds the routes to one tenant in %s',
    async (table) => {
      const administration = await signInAdministrator()
      const other = uniqueTenant()
      await createTenant(administration, other)
      const { headers } = await register(one, uniqueEmail(), other)
      const seen = headers.get('consistency-token') ?? ''
      await one.call('GET', '/v1/tenants', {
        token: administration,
        headers: { 'consistency-token': seen },
      })
      const count = await servers.query(`select count(*)::int as count from ${table}`)
      const ofDefault = await asRoutes(`select * from ${table}`, 'default')
      const ofOther = await asRoutes(`select * from ${table}`, other)
      expect(new Set(ofDefault.map((row) => row.tenant_id))).toEqual(new Set(['default']))
      expect(ofOther.every((row) => row.tenant_id === other)).toBe(true)
      expect(ofOther).toHaveLength(table === 'session_list' ? 1 : 0)
      expect(count[0]?.['count']).toBeGreaterThan(0)
      expect(await asRoutes(`select * from ${table}`)).toEqual([])
      expect(await asRoutes(`select * from ${table}`, 'nowhere')).toEqual([])
    },
  )
})

describe('a replica that was killed', () => {
  it('comes back with accounts, sessions and keys, and registers nobody twice', async () => {
    const { body } = await register(two)
    await two.kill('SIGKILL')
    two = await startAuth(servers, environment)
    const token = body.accessToken as string
    expect((await two.call('GET', '/v1/auth/me', { token })).status).toBe(200)
    const refreshed = await two.call('POST', '/v1/auth/refresh', {
      body: { refreshToken: body.refreshToken },
    })
    expect(refreshed.status).toBe(200)
    const appointed = await servers.query(
      `select 1 from event_store.events where type = 'PlatformAdministratorAppointed'`,
    )
    expect(appointed).toHaveLength(1)
  })
})
