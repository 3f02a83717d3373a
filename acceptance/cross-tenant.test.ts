import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { routes } from '@atrium/contracts/routes.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTenant, register, signInAdministrator, type Person, type Reply } from './client.ts'

// Each route that names an object, called by a person of tenant B for the object of tenant A: it
// must answer exactly as for an object that never was, whatever form its id has.

const withObject = routes.filter(({ path }) => path.includes(':'))

let insider: Person
let stranger: Person
const objects: Record<string, string> = {}

beforeAll(async () => {
  const [tenantA, tenantB] = [await createTenant(), await createTenant()]
  insider = await register(tenantA)
  stranger = await register(tenantB)
  const instances = await insider.call('GET', '/v1/instances')
  const sessions = await insider.call('GET', '/v1/auth/sessions')
  objects[':instanceId'] = instances.body.items[0].id as string
  objects[':sessionId'] = sessions.body.items[0].id as string
  objects[':tenantId'] = tenantA
})

const absent: Record<string, readonly string[]> = {
  ':instanceId': [`ins_${'0'.repeat(32)}`, 'x', '%00', '..%2f..%2f'],
  ':sessionId': [`ses_${'0'.repeat(32)}`, 'x', '%F0%9F%8C%B3'],
  ':tenantId': ['nobody', '%20'],
}

const parameterOf = ({ path }: RouteDefinition) => /:[A-Za-z]+/.exec(path)?.[0] ?? ''

const ask = (person: Person, route: RouteDefinition, id: string) =>
  person.call(
    route.method,
    route.path.replace(parameterOf(route), id),
    route.body ? { body: {} } : {},
  )

/** What an answer tells, without what differs between any two requests. */
const told = ({ status, body, headers }: Reply) => ({
  status,
  body: { ...(body as object), instance: undefined, correlationId: undefined },
  type: headers.get('content-type'),
  etag: headers.get('etag'),
})

describe.each(withObject)('$method $path', (route) => {
  it('has an object to try with', () => {
    expect(objects).toHaveProperty([parameterOf(route)])
    expect(absent).toHaveProperty([parameterOf(route)])
  })

  it('answers a foreign object as one that never was', async () => {
    const foreign = told(await ask(stranger, route, objects[parameterOf(route)] ?? ''))
    expect(foreign.status).toBe(route.permission === 'tenants:manage' ? 403 : 404)
    for (const id of absent[parameterOf(route)] ?? []) {
      expect(told(await ask(stranger, route, id))).toEqual(foreign)
    }
  })

  it('refuses a caller without a token', async () => {
    const anonymous = { ...insider, call: stranger.call }
    const reply = await anonymous.call(route.method, route.path.replace(/:[A-Za-z]+/, 'x'), {
      headers: { authorization: '' },
    })
    expect(reply.status).toBe(401)
  })
})

describe('a token', () => {
  it('is refused with the header of another tenant', async () => {
    const reply = await stranger.call('GET', '/v1/instances', {
      headers: { 'x-tenant': insider.tenant },
    })
    expect(reply).toMatchObject({ status: 403, body: { code: 'tenant-mismatch' } })
  })

  it('gives no tenant by identity headers that a client sends', async () => {
    const reply = await stranger.call('GET', '/v1/instances', {
      headers: {
        'x-atrium-tenant': insider.tenant,
        'x-user-id': insider.tokens.user.id,
        'x-forwarded-for': '10.0.0.1',
      },
    })
    expect(reply.status).toBe(200)
    expect(reply.body.items).toMatchObject([{ ownerId: stranger.tokens.user.id }])
  })

  it('opens tenants to the platform administrator alone', async () => {
    expect((await stranger.call('GET', '/v1/tenants')).status).toBe(403)
    const administrator = await signInAdministrator()
    const reply = await administrator.call('GET', `/v1/tenants/${insider.tenant}`)
    expect(reply).toMatchObject({ status: 200, body: { id: insider.tenant } })
  })
})
