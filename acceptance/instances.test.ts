import type { Instance } from '@atrium/contracts/instances/http.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { register, type Person, type Reply } from './client.ts'

let person: Person
beforeEach(async () => {
  person = await register()
})

const list = async (query = '') => {
  const reply = await person.call('GET', `/v1/instances${query}`)
  return reply.body.items as Instance[]
}
const create = async (name: string): Promise<Instance> =>
  (await person.call('POST', '/v1/instances', { body: { name } })).body
const personal = async () => {
  const [instance] = await list()
  if (!instance) throw new Error('no personal workspace')
  return instance
}
const expectProblem = (reply: Reply, status: number, code: string) => {
  expect(reply.headers.get('content-type')).toContain('application/problem+json')
  expect(reply.body).toMatchObject({ status, code })
  expect(reply.status).toBe(status)
}

describe('a new person', () => {
  it('has a personal workspace as default, seen with the token of the registration', async () => {
    expect(await list()).toMatchObject([
      { name: 'Personal Workspace', isDefault: true, version: 2 },
    ])
  })
})

describe('creating', () => {
  it('answers 201 with the instance and its entity tag, and lists it first', async () => {
    const reply = await person.call('POST', '/v1/instances', {
      body: { name: ' Work ', description: 'Office' },
    })
    expect(reply.status).toBe(201)
    expect(reply.headers.get('etag')).toBe('"1"')
    expect(reply.body).toMatchObject({
      name: 'Work',
      description: 'Office',
      isDefault: false,
      status: 'active',
      ownerId: person.tokens.user.id,
      members: [{ userId: person.tokens.user.id, role: 'owner' }],
    })
    expect((await list()).at(0)).toEqual(reply.body)
  })

  it('refuses a taken name and names the field of a bad one', async () => {
    await create('Work')
    expectProblem(
      await person.call('POST', '/v1/instances', { body: { name: 'WORK' } }),
      409,
      'name-taken',
    )
    for (const name of ['', ' ', 'x'.repeat(101), 'a\u0000b', 7]) {
      const reply = await person.call('POST', '/v1/instances', { body: { name } })
      expectProblem(reply, 422, 'validation-failed')
      expect(reply.body.errors).toMatchObject([{ pointer: '/name' }])
    }
  })

  it('holds the quota of 10 exactly under parallel requests', async () => {
    await personal()
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        person.call('POST', '/v1/instances', { body: { name: `Instance ${index}` } }),
      ),
    )
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(9)
    const refused = replies.filter(({ status }) => status === 403)
    expect(refused).toHaveLength(11)
    expect(refused[0]?.body).toMatchObject({ code: 'quota-exceeded', limit: 10, used: 10 })
    expect(await list()).toHaveLength(10)
  })

  it('writes once for one Idempotency-Key', async () => {
    const once = { body: { name: 'Once' }, headers: { 'idempotency-key': 'key-1' } }
    const replies = [
      await person.call('POST', '/v1/instances', once),
      await person.call('POST', '/v1/instances', once),
    ]
    expect(replies.map(({ status }) => status)).toEqual([201, 201])
    expect(replies[1]?.body).toEqual(replies[0]?.body)
    const other = { ...once, body: { name: 'Twice' } }
    expectProblem(await person.call('POST', '/v1/instances', other), 422, 'idempotency-key-reused')
    expect(await list()).toHaveLength(2)
  })
})

describe('reading', () => {
  it('answers one instance with its entity tag', async () => {
    const { id } = await create('Work')
    const reply = await person.call('GET', `/v1/instances/${id}`)
    expect(reply).toMatchObject({ status: 200, body: { id, name: 'Work' } })
    expect(reply.headers.get('etag')).toBe('"1"')
  })

  it('pages the list by cursor, last used first', async () => {
    for (const name of ['B', 'C', 'D']) await create(name)
    const seen: string[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
      const query = cursor === '' ? '?limit=1' : `?limit=1&cursor=${encodeURIComponent(cursor)}`
      const { body } = await person.call('GET', `/v1/instances${query}`)
      seen.push(...(body.items as Instance[]).map(({ name }) => name))
      cursor = body.nextCursor as string | null
    }
    expect(seen).toEqual(['D', 'C', 'B', 'Personal Workspace'])
  })

  it.each(['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense', 'status=gone', 'other=1'])(
    'refuses the query %s, naming the field',
    async (query) => {
      const reply = await person.call('GET', `/v1/instances?${query}`)
      expectProblem(reply, 422, 'validation-failed')
      expect(reply.body.errors[0].pointer).toBe(`/query/${query.split('=')[0]}`)
    },
  )
})

describe('changing', () => {
  it('renames, describes and makes default, with a further entity tag', async () => {
    const { id } = await create('Work')
    const reply = await person.call('PATCH', `/v1/instances/${id}`, {
      headers: { 'if-match': '"1"' },
      body: { name: 'Office', description: 'Ours', isDefault: true },
    })
    expect(reply).toMatchObject({
      status: 200,
      body: { name: 'Office', description: 'Ours', isDefault: true, version: 4 },
    })
    expect(reply.headers.get('etag')).toBe('"4"')
    const defaults = (await list()).filter(({ isDefault }) => isDefault)
    expect(defaults.map((instance) => instance.id)).toEqual([id])
  })

  it('refuses a stale If-Match with the current version and what changed since', async () => {
    const { id } = await create('Work')
    await person.call('PATCH', `/v1/instances/${id}`, { body: { name: 'Office' } })
    const reply = await person.call('PATCH', `/v1/instances/${id}`, {
      headers: { 'if-match': '"1"' },
      body: { name: 'Bureau' },
    })
    expectProblem(reply, 409, 'version-conflict')
    expect(reply.body).toMatchObject({
      currentVersion: 2,
      changes: [{ version: 2, type: 'InstanceRenamed' }],
    })
  })

  it('moves an instance to the top when it is switched to', async () => {
    const first = await personal()
    await create('Work')
    const reply = await person.call('POST', `/v1/instances/${first.id}/access`)
    expect(reply.status).toBe(204)
    const top = (await list()).at(0)
    expect(top?.id).toBe(first.id)
    expect(Date.parse(top?.lastAccessedAt ?? '')).toBeGreaterThan(Date.parse(first.lastAccessedAt))
    expect(top?.version).toBe(first.version)
  })
})

describe('deleting', () => {
  it('hides the instance, keeps its name, and brings it back on restore', async () => {
    const { id } = await create('Work')
    const preview = await person.call('GET', `/v1/instances/${id}/deletion-preview`)
    expect(preview).toMatchObject({ status: 200, body: { instanceId: id, projects: 0 } })

    expect((await person.call('DELETE', `/v1/instances/${id}`)).status).toBe(204)
    expectProblem(await person.call('GET', `/v1/instances/${id}`), 404, 'not-found')
    expectProblem(await person.call('DELETE', `/v1/instances/${id}`), 404, 'not-found')
    const deleted = (await list('?status=deleted')).at(0)
    expect(deleted).toMatchObject({ id, status: 'deleted' })
    const days = (Date.parse(deleted?.purgeAt ?? '') - Date.parse(deleted?.deletedAt ?? '')) / 864e5
    expect(days).toBeCloseTo(30)
    const taken = await person.call('POST', '/v1/instances', { body: { name: 'work' } })
    expectProblem(taken, 409, 'name-taken')

    const restored = await person.call('POST', `/v1/instances/${id}/restore`)
    expect(restored).toMatchObject({ status: 200, body: { id, status: 'active', version: 3 } })
    expect(await list()).toHaveLength(2)
    const again = await person.call('POST', `/v1/instances/${id}/restore`)
    expectProblem(again, 409, 'instance-not-deleted')
  })

  it('makes another the default when the default goes, and keeps the last one', async () => {
    const first = await personal()
    const { id } = await create('Work')
    expect((await person.call('DELETE', `/v1/instances/${first.id}`)).status).toBe(204)
    expect(await list()).toMatchObject([{ id, isDefault: true }])
    expectProblem(await person.call('DELETE', `/v1/instances/${id}`), 409, 'last-instance')
  })

  it('purges at once on request and frees the name', async () => {
    const { id } = await create('Work')
    expect((await person.call('DELETE', `/v1/instances/${id}?purge=true`)).status).toBe(204)
    expect(await list('?status=deleted')).toEqual([])
    expectProblem(await person.call('POST', `/v1/instances/${id}/restore`), 404, 'not-found')
    expect((await person.call('POST', '/v1/instances', { body: { name: 'Work' } })).status).toBe(
      201,
    )
  })

  it('refuses a restore on a full quota', async () => {
    const { id } = await create('Work')
    await person.call('DELETE', `/v1/instances/${id}`)
    for (let index = 0; index < 9; index += 1) await create(`More ${index}`)
    const reply = await person.call('POST', `/v1/instances/${id}/restore`)
    expectProblem(reply, 403, 'quota-exceeded')
  })
})
