import { examples } from '@atrium/contracts/examples.ts'
import { routes } from '@atrium/contracts/routes.ts'
import type { RouteDefinition } from '@atrium/contracts/route.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  call,
  createTenant,
  register,
  signInAdministrator,
  type CallOptions,
  type Person,
  type Reply,
} from './client.ts'
import {
  bodiesOf,
  factories,
  headersOf,
  queriesOf,
  shownToEveryone,
  type Objects,
} from './objects.ts'

// Each route that names an object, called by a person of tenant B for the object of tenant A: it
// must answer exactly as for an object that never was, whatever form its id has.

let insider: Person
let stranger: Person
let theirs: Objects = {}
/** The stranger's own. */
let own: Objects = {}

beforeAll(async () => {
  insider = await register(await createTenant())
  stranger = await register(await createTenant())
  theirs = await objectsOf(insider)
  own = await objectsOf(stranger)
})

async function objectsOf(person: Person): Promise<Objects> {
  const made: Record<string, string> = {}
  for (const [name, { make }] of Object.entries(factories)) made[name] = await make(person, made)
  return made
}

const parametersOf = ({ path }: RouteDefinition) =>
  [...path.matchAll(/[:*]([A-Za-z]+)/g)].map(([, name = '']) => name)

const pathOf = ({ id, path }: RouteDefinition, objects: Objects) =>
  path.replaceAll(/[:*]([A-Za-z]+)/g, (_all, name: string) => objects[name] ?? '') +
  (queriesOf[id]?.(objects) ?? '')

/** What the route needs to get as far as its object. */
function optionsOf(route: RouteDefinition, objects: Objects): CallOptions {
  const { id, ifMatch, body, bodyKind, bodyMediaTypes = [] } = route
  const headers = { ...(ifMatch === 'required' ? { 'if-match': '"1"' } : {}), ...headersOf[id] }
  if (bodyKind === 'stream') {
    const [type = 'application/octet-stream'] = bodyMediaTypes
    return { bytes: Buffer.from('content'), headers: { 'content-type': type, ...headers } }
  }
  const given = bodiesOf[id]?.(objects) ?? examples[id]?.body ?? {}
  return { ...(body ? { body: given } : {}), headers }
}

const ask = (person: Person, route: RouteDefinition, objects: Objects) =>
  person.call(route.method, pathOf(route, objects), optionsOf(route, objects))

/** What an answer tells, without what differs between any two requests. */
const told = ({ status, body, headers }: Reply) => ({
  status,
  body: { ...(body as object), instance: undefined, correlationId: undefined },
  type: headers.get('content-type'),
  etag: headers.get('etag'),
})

const withObject = routes.filter(
  (route) => parametersOf(route).length > 0 && !(route.id in shownToEveryone),
)

describe.each(withObject)('$method $path', (route) => {
  const names = parametersOf(route)

  it('has objects to try with', () => {
    expect(Object.keys(factories)).toEqual(expect.arrayContaining(names))
  })

  it('answers a foreign object as one that never was', async () => {
    const foreign = told(await ask(stranger, route, theirs))
    expect(foreign.status).toBe(route.permission === 'tenants:manage' ? 403 : 404)
    for (const name of names) {
      for (const id of factories[name]?.absent ?? []) {
        expect(told(await ask(stranger, route, { ...theirs, [name]: id }))).toEqual(foreign)
      }
    }
  })

  const things = names.filter((name) => !factories[name]?.isPlace)
  it.runIf(things.length > 1)('finds no foreign object inside one of the caller’s', async () => {
    const refused = route.permission === 'tenants:manage' ? 403 : 404
    for (const name of things) {
      const mixed = { ...own, [name]: theirs[name] ?? '' }
      expect([name, (await ask(stranger, route, mixed)).status]).toEqual([name, refused])
    }
  })

  it.runIf(route.permission !== 'anyone')('refuses a caller without a token', async () => {
    const reply = await call(route.method, pathOf(route, theirs), optionsOf(route, theirs))
    expect(reply.status).toBe(401)
  })
})

const naming = routes.filter(({ id }) => id in bodiesOf)

describe.each(naming)('the body of $method $path', (route) => {
  it('names a foreign object as one that never was', async () => {
    const nothing = Object.fromEntries(
      Object.entries(factories).map(([name, { absent }]) => [name, absent[0] ?? '']),
    )
    const inPath = Object.fromEntries(parametersOf(route).map((name) => [name, own[name] ?? '']))
    const asked = async (objects: Objects) => {
      const path = pathOf(route, { ...objects, ...inPath })
      return told(await stranger.call(route.method, path, optionsOf(route, objects)))
    }
    const foreign = await asked(theirs)
    expect(foreign.status).toBe(404)
    expect(await asked(nothing)).toEqual(foreign)
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
