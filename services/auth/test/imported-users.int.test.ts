import { randomBytes } from 'node:crypto'
import { hashSync } from '@node-rs/bcrypt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  password,
  startAuth,
  startServers,
  type AuthProcess,
  type AuthServers,
  type Reply,
} from './auth-process.ts'

let servers: AuthServers
let auth: AuthProcess
let administrator: string
const administratorId = () => idIn(administrator)

beforeAll(async () => {
  servers = await startServers()
  const account = { ATRIUM_ADMIN_EMAIL: 'root@example.com', ATRIUM_ADMIN_PASSWORD: password }
  auth = await startAuth(servers, account)
  administrator = (await login('root@example.com')).body.accessToken as string
})
afterAll(async () => {
  await auth.close()
  await servers.close()
})

const passwordHash = hashSync(password, { cost: 4 })
const registeredAt = '2025-10-01T08:00:00.000Z'
const unique = () => randomBytes(6).toString('hex')
const newId = () => `usr_${randomBytes(16).toString('hex')}`
const bodyOf = (members: object = {}) => {
  const name = unique()
  return {
    email: `${name}@example.com`,
    username: name,
    passwordHash,
    registeredAt,
    ...members,
  }
}
const pathOf = (id: string, tenant = 'default') => `/v1/tenants/${tenant}/imported-users/${id}`
const take = (id: string, body: object, query = '', token = administrator) =>
  auth.call('PUT', `${pathOf(id)}${query}`, { body, token })
const tokenFor = (id: string) => auth.call('POST', `${pathOf(id)}/token`, { token: administrator })
const remove = (id: string) => auth.call('DELETE', pathOf(id), { token: administrator })
const login = (identifier: string) =>
  auth.call('POST', '/v1/auth/login', { body: { identifier, password } })
const me = (token: string) => auth.call('GET', '/v1/auth/me', { token })
const codeOf = ({ status, body }: Reply) => [status, body?.code]
const idIn = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub as string
const eventsOf = (userId: string) =>
  servers.query(
    `select type, data, metadata from event_store.events where stream like $1 order by position`,
    [`auth.user-%:${userId}`],
  )

describe('taking an account over', () => {
  it('registers it with its password, as old as it was', async () => {
    const id = newId()
    const body = bodyOf()
    const reply = await take(id, body)
    expect(reply).toMatchObject({
      status: 201,
      body: { id, email: body.email, username: body.username, createdAt: registeredAt },
    })
    expect(reply.text).not.toContain('$2')
    const signedIn = await login(body.username)
    expect(signedIn.body.user).toMatchObject({ id, email: body.email, createdAt: registeredAt })
    const hashes = (await eventsOf(id)).flatMap(({ type, data }) =>
      type === 'PasswordSet' ? [data as { reason: string; passwordHash: string }] : [],
    )
    expect(hashes.map(({ reason }) => reason)).toEqual(['import', 'upgrade'])
    expect(hashes[1]?.passwordHash).toMatch(/^\$argon2id\$/)
    expect((await login(body.email)).status).toBe(200)
  })

  it('answers the same account sent again, and writes nothing', async () => {
    const id = newId()
    const body = bodyOf()
    await take(id, body)
    const before = (await eventsOf(id)).length
    expect((await take(id, body)).status).toBe(200)
    expect((await eventsOf(id)).length).toBe(before)
  })

  it('is refused where an address, a user name or the id is somebody else’s', async () => {
    const id = newId()
    const body = bodyOf()
    await take(id, body)
    expect(codeOf(await take(newId(), bodyOf({ email: body.email.toUpperCase() })))).toEqual([
      409,
      'email-taken',
    ])
    expect(codeOf(await take(newId(), bodyOf({ username: body.username })))).toEqual([
      409,
      'username-taken',
    ])
    expect(codeOf(await take(id, bodyOf()))).toEqual([409, 'email-taken'])
    expect(codeOf(await take(administratorId(), bodyOf()))).toEqual([409, 'email-taken'])
  })

  it('tells by a dry run what would be, and writes nothing', async () => {
    const id = newId()
    const body = bodyOf()
    expect((await take(id, body, '?dryRun=true')).status).toBe(201)
    expect(await eventsOf(id)).toEqual([])
    await take(id, body)
    expect((await take(id, body, '?dryRun=true')).status).toBe(200)
    expect(codeOf(await take(newId(), body, '?dryRun=true'))).toEqual([409, 'email-taken'])
    const sameName = bodyOf({ username: body.username })
    expect(codeOf(await take(newId(), sameName, '?dryRun=true'))).toEqual([409, 'username-taken'])
  })

  it.each([
    ['plain text', 'secret'],
    ['argon2', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA'],
    ['too dear a hash', passwordHash.replace('$04$', '$31$')],
  ])('takes no %s for a hash', async (_, hash) => {
    expect(codeOf(await take(newId(), bodyOf({ passwordHash: hash })))).toEqual([
      422,
      'validation-failed',
    ])
  })

  it('is for platform administrators, and for tenants and ids that can be', async () => {
    const person = await auth.call('POST', '/v1/auth/register', {
      body: { email: `${unique()}@example.com`, password },
    })
    const { accessToken } = person.body as { accessToken: string }
    expect(codeOf(await take(newId(), bodyOf(), '', accessToken))).toEqual([
      403,
      'permission-denied',
    ])
    for (const path of [pathOf(newId(), 'nobody'), pathOf('root')]) {
      const reply = await auth.call('PUT', path, { body: bodyOf(), token: administrator })
      expect(codeOf(reply)).toEqual([404, 'not-found'])
    }
  })
})

describe('until somebody signs in', () => {
  it('the importer acts for the account, and every event says so', async () => {
    const id = newId()
    await take(id, bodyOf())
    const { status, body } = await tokenFor(id)
    expect([status, body.expiresIn]).toEqual([200, 600])
    expect((await me(body.accessToken)).body.id).toBe(id)
    await auth.call('PATCH', '/v1/auth/me', { token: body.accessToken, body: { name: 'Ada' } })
    const changed = (await eventsOf(id)).find(({ type }) => type === 'ProfileChanged')
    expect(changed?.['metadata']).toMatchObject({
      actor: { userId: id, impersonatorId: administratorId() },
    })
    await auth.call('POST', '/v1/auth/logout', { token: body.accessToken })
    expect((await me(body.accessToken)).status).toBe(401)
  })

  it('the import can be undone: the address is free, the importer’s token dead', async () => {
    const id = newId()
    const body = bodyOf()
    await take(id, body)
    const { accessToken } = (await tokenFor(id)).body as { accessToken: string }
    expect((await remove(id)).status).toBe(204)
    expect((await me(accessToken)).status).toBe(401)
    expect(codeOf(await login(body.email))).toEqual([401, 'invalid-credentials'])
    expect(codeOf(await remove(id))).toEqual([404, 'not-found'])
    expect(codeOf(await tokenFor(id))).toEqual([404, 'not-found'])
    expect((await take(newId(), body)).status).toBe(201)
    expect((await eventsOf(id)).at(-1)?.['type']).toBe('UserRemoved')
  })
})

it('after a sign-in the account is its owner’s alone', async () => {
  const id = newId()
  const body = bodyOf()
  await take(id, body)
  await login(body.email)
  expect(codeOf(await tokenFor(id))).toEqual([409, 'import-closed'])
  expect(codeOf(await remove(id))).toEqual([409, 'import-closed'])
  const { body: own } = await auth.call('POST', '/v1/auth/register', {
    body: { email: `${unique()}@example.com`, password },
  })
  const { id: ownId } = (own as { user: { id: string } }).user
  expect(codeOf(await remove(ownId))).toEqual([409, 'import-closed'])
})
