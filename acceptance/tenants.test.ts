import { randomBytes } from 'node:crypto'
import type { Tenant } from '@atrium/contracts/auth/http.ts'
import { describe, expect, it } from 'vitest'
import {
  call,
  createTenant,
  password,
  register,
  signInAdministrator,
  uniqueEmail,
  until,
} from './client.ts'

describe('tenants', () => {
  it('are created once, read and listed by the platform administrator', async () => {
    const administrator = await signInAdministrator()
    const body = { id: `t-${randomBytes(6).toString('hex')}`, name: 'Acme' }
    const created = await administrator.call('POST', '/v1/tenants', { body })
    expect(created).toMatchObject({ status: 201, body })
    const again = await administrator.call('POST', '/v1/tenants', { body })
    expect(again).toMatchObject({ status: 409, body: { code: 'tenant-taken' } })
    const read = await administrator.call('GET', `/v1/tenants/${body.id}`)
    expect(read).toMatchObject({ status: 200, body })

    const ids: string[] = []
    let cursor: string | null = ''
    while (cursor !== null && ids.length < 10_000) {
      const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = await administrator.call('GET', `/v1/tenants?limit=100${after}`)
      ids.push(...(page.body.items as Tenant[]).map(({ id }) => id))
      cursor = page.body.nextCursor as string | null
    }
    expect(ids).toContain(body.id)
    expect(ids).toContain('default')
  })

  it.each(['', 'a b', 'ä', 'x'.repeat(65)])('refuse the id %j', async (id) => {
    const administrator = await signInAdministrator()
    const reply = await administrator.call('POST', '/v1/tenants', { body: { id, name: 'Acme' } })
    expect(reply).toMatchObject({ status: 422, body: { errors: [{ pointer: '/id' }] } })
  })

  it('that do not exist take no registration', async () => {
    const reply = await call('POST', '/v1/auth/register', {
      headers: { 'x-tenant': 'nowhere-at-all' },
      body: { email: uniqueEmail(), password },
    })
    expect(reply.status).toBe(404)
  })

  it('are removed when their id is repeated: nobody is signed in there, or can be', async () => {
    const administrator = await signInAdministrator()
    const tenant = await createTenant()
    const path = `/v1/tenants/${tenant}`
    const person = await register(tenant)
    const careless = await administrator.call('DELETE', path)
    expect(careless).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/query/confirm', code: 'not-confirmed' }] },
    })
    expect((await person.call('GET', '/v1/instances')).status).toBe(200)

    expect((await administrator.call('DELETE', `${path}?confirm=${tenant}`)).status).toBe(204)
    const dead = await until(
      () => person.call('GET', '/v1/auth/sessions'),
      ({ status }) => status === 401,
    )
    expect(dead.body.code).toBe('session-revoked')
    for (const [where, body] of [
      ['/v1/auth/login', { identifier: person.email, password }],
      ['/v1/auth/register', { email: uniqueEmail(), password }],
    ] as const) {
      const reply = await call('POST', where, { headers: { 'x-tenant': tenant }, body })
      expect(reply.status).toBe(404)
    }
    expect((await administrator.call('GET', path)).status).toBe(404)
    const body = { id: tenant, name: 'Acme' }
    const again = await administrator.call('POST', '/v1/tenants', { body })
    expect(again).toMatchObject({ status: 409, body: { code: 'tenant-taken' } })
  })

  it('include one that stays', async () => {
    const administrator = await signInAdministrator()
    const reply = await administrator.call('DELETE', '/v1/tenants/default?confirm=default')
    expect(reply).toMatchObject({ status: 409, body: { code: 'tenant-not-removable' } })
  })
})
