import type { ProjectChange } from '@atrium/contracts/instances/project.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDesk, expectProblem, planner, type Desk } from './desk.ts'

let desk: Desk
beforeEach(async () => {
  desk = await createDesk()
})

describe('changing', () => {
  it('needs If-Match', async () => {
    const project = await desk.create()
    for (const method of ['PUT', 'PATCH']) {
      const reply = await desk.change(method, project, undefined, { name: 'X' })
      expectProblem(reply, 428, 'precondition-required')
    }
  })

  it('replaces what PUT gives, and leaves the rest', async () => {
    const project = await desk.create({ beds: 3, pond: true })
    const reply = await desk.change('PUT', project, 1, { content: { beds: 4 } })
    expect(reply).toMatchObject({
      status: 200,
      body: { name: 'Garden', content: { beds: 4 }, version: 2 },
    })
    expect(reply.body.content).not.toHaveProperty('pond')
    expect(reply.headers.get('etag')).toBe('"2"')
    const renamed = await desk.change('PUT', project, 2, { name: 'Park', description: 'Green' })
    expect(renamed.body).toMatchObject({ name: 'Park', description: 'Green', version: 4 })
    expect(await desk.get(project.id)).toEqual(renamed.body)
  })

  it.each(['application/json', 'application/merge-patch+json'])(
    'merges a merge patch, sent as %s',
    async (mediaType) => {
      const project = await desk.create({ a: { b: 1, c: 2 }, list: [1, 2] }, { description: 'x' })
      const body = { description: null, content: { a: { b: null, d: 3 }, list: [3] } }
      const reply = await desk.change('PATCH', project, 1, body, mediaType)
      expect(reply).toMatchObject({ status: 200, body: { description: null, version: 3 } })
      expect(reply.body.content).toEqual({ a: { c: 2, d: 3 }, list: [3] })
    },
  )

  it('carries out a JSON Patch, all of it or nothing', async () => {
    const project = await desk.create({ list: [1, 2] })
    const patch = (...operations: readonly object[]) =>
      desk.change('PATCH', project, 1, operations, 'application/json-patch+json')
    const refused = await patch(
      { op: 'add', path: '/content/list/0', value: 0 },
      { op: 'remove', path: '/content/nothing' },
    )
    expectProblem(refused, 422, 'validation-failed')
    expect(refused.body.errors).toMatchObject([{ pointer: '/1/path', code: 'not-found' }])
    for (const operation of [
      { op: 'add', path: '/content/__proto__/polluted', value: 1 },
      { op: 'replace', path: '/archived', value: true },
      { op: 'remove', path: '/content' },
      { op: 'test', path: '/content/list', value: [] },
      { op: 'frob', path: '/content' },
    ]) {
      expectProblem(await patch(operation), 422, 'validation-failed')
    }
    const reply = await patch(
      { op: 'test', path: '/name', value: 'Garden' },
      { op: 'replace', path: '/name', value: 'Park' },
      { op: 'move', from: '/content/list/1', path: '/content/list/0' },
    )
    expect(reply.body).toMatchObject({ name: 'Park', content: { list: [2, 1] }, version: 3 })
  })

  it('writes nothing where nothing changes', async () => {
    const project = await desk.create({ a: [1, { b: null }], c: 2 })
    for (const [method, body] of [
      ['PATCH', { name: 'Garden', content: { c: 2 } }],
      ['PUT', { content: { c: 2, a: [1, { b: null }] } }],
      ['PATCH', {}],
    ] as const) {
      expect(await desk.change(method, project, 1, body)).toMatchObject({
        status: 200,
        body: { version: 1 },
      })
    }
    expect((await desk.get(project.id)).updatedAt).toBe(project.updatedAt)
  })

  it('refuses a stale version with what both changed, and where they meet', async () => {
    const widgets = [
      { id: 'a', x: 1 },
      { id: 'b', x: 1 },
    ]
    const project = await desk.create({ widgets, title: 'old' })
    const theirs = [{ id: 'new' }, { id: 'a', x: 2 }, { id: 'b', x: 2 }]
    await desk.change('PATCH', project, 1, { name: 'Theirs', content: { widgets: theirs } })
    const yours = { widgets: [{ id: 'b', x: 3 }], title: 'new' }
    const reply = await desk.change('PUT', project, 1, { name: 'Yours', content: yours })
    expectProblem(reply, 409, 'version-conflict')
    expect(reply.body).toMatchObject({
      currentVersion: 3,
      changedBy: desk.person.tokens.user.id,
      yours: ['/content/title', '/content/widgets/0', '/content/widgets/1/x', '/name'],
      theirs: ['/content/widgets/0', '/content/widgets/0/x', '/content/widgets/1/x', '/name'],
      conflicts: ['/content/widgets/0', '/content/widgets/1/x', '/name'],
    })
    expect(Date.parse(reply.body.changedAt)).toBeGreaterThan(Date.parse(project.createdAt))
    expect(await desk.get(project.id)).toMatchObject({ name: 'Theirs', version: 3 })
    const never = await desk.change('PUT', project, 99, { name: 'Yours' })
    expect(never.body).toMatchObject({ yours: ['/name'], theirs: [], conflicts: [] })
  })

  it('takes the current one of several versions, and any for *', async () => {
    const project = await desk.create()
    await desk.change('PATCH', project, 1, { name: 'Second' })
    const several = await desk.person.call('PATCH', `${desk.base}/${project.id}`, {
      headers: { 'if-match': '"1", "2", "7"' },
      body: { name: 'Third' },
    })
    expect(several).toMatchObject({ status: 200, body: { version: 3 } })
    const any = await desk.person.call('PATCH', `${desk.base}/${project.id}`, {
      headers: { 'if-match': '*' },
      body: { name: 'Fourth' },
    })
    expect(any).toMatchObject({ status: 200, body: { version: 4 } })
  })

  it('lets one of many win who change the same version', async () => {
    const project = await desk.create({ count: 0 })
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        desk.change('PATCH', project, 1, { content: { count: index + 1 } }),
      ),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 409)).toHaveLength(9)
    expect((await desk.get(project.id)).version).toBe(2)
  })

  it('refuses a planner that a patch would break', async () => {
    const project = await desk.create(planner, { kind: 'planner' })
    const reply = await desk.change('PATCH', project, 1, { content: { masters: [] } })
    expectProblem(reply, 422, 'validation-failed')
    expect(reply.body.errors[0].pointer).toBe('/content/plan/sections/0/master')
  })
})

describe('merging', () => {
  it('takes both sides where they do not meet', async () => {
    const project = await desk.create({
      masters: [
        { name: 'day', widgets: [{ id: 'a', x: 1, y: 1 }, { id: 'b' }] },
        { name: 'week', widgets: [] },
      ],
    })
    await desk.change('PATCH', project, 1, {
      content: {
        masters: [
          { name: 'week', widgets: [] },
          { name: 'day', widgets: [{ id: 'a', x: 2, y: 1 }, { id: 'b' }, { id: 'c' }] },
        ],
      },
    })
    const content = {
      masters: [
        { name: 'day', widgets: [{ id: 'a', x: 1, y: 3 }] },
        { name: 'week', widgets: [{ id: 'd' }] },
      ],
    }
    const reply = await desk.post(project.id, 'merge', { body: { baseVersion: 1, content } })
    expect(reply).toMatchObject({ status: 200, body: { version: 3 } })
    expect(reply.body.content).toEqual({
      masters: [
        { name: 'week', widgets: [{ id: 'd' }] },
        { name: 'day', widgets: [{ id: 'a', x: 2, y: 3 }, { id: 'c' }] },
      ],
    })
  })

  it('is refused where they meet, and changes nothing', async () => {
    const project = await desk.create({ title: 'old', list: [1] })
    await desk.change('PATCH', project, 1, { content: { title: 'theirs', list: [2] } })
    const body = { baseVersion: 1, content: { title: 'yours', list: [3] } }
    const reply = await desk.post(project.id, 'merge', { body })
    expectProblem(reply, 409, 'merge-conflict')
    expect(reply.body.conflicts).toEqual(['/content/list', '/content/title'])
    expect((await desk.get(project.id)).version).toBe(2)
  })

  it('is refused where what both made is no planner together', async () => {
    const project = await desk.create(planner, { kind: 'planner' })
    const night = { name: 'night', widgets: [] }
    const sections = [{ kind: 'days', master: 'night', generate: 'each_day' }]
    const withNight = { ...planner, masters: [...planner.masters, night] }
    await desk.change('PUT', project, 1, { content: withNight })
    await desk.change('PATCH', project, 2, { content: { plan: { sections } } })
    const body = { baseVersion: 2, content: planner }
    const reply = await desk.post(project.id, 'merge', { body })
    expectProblem(reply, 409, 'merge-conflict')
    expect(reply.body.conflicts).toEqual(['/content/plan/sections/0/master'])
  })

  it('names a base that is no version', async () => {
    const { id } = await desk.create()
    const reply = await desk.post(id, 'merge', { body: { baseVersion: 2, content: {} } })
    expectProblem(reply, 422, 'validation-failed')
    expect(reply.body.errors).toMatchObject([{ pointer: '/baseVersion' }])
  })
})

describe('the past', () => {
  it('is told version by version, and can be read', async () => {
    const project = await desk.create({ a: 1, b: 1 })
    await desk.change('PATCH', project, 1, { content: { a: 2 } })
    await desk.change('PATCH', project, 2, { name: 'Park', content: { b: 2 } })
    await desk.post(project.id, 'archive')
    const { body } = await desk.person.call('GET', `${desk.base}/${project.id}/history`)
    const items = body.items as ProjectChange[]
    expect(items.map(({ version, type, pointers }) => [version, type, pointers])).toEqual([
      [5, 'ProjectArchived', ['/archived']],
      [4, 'ProjectContentChanged', ['/content/b']],
      [3, 'ProjectRenamed', ['/name']],
      [2, 'ProjectContentChanged', ['/content/a']],
      [1, 'ProjectCreated', ['']],
    ])
    expect(items.every(({ changedBy }) => changedBy === desk.person.tokens.user.id)).toBe(true)
    const page = await desk.person.call('GET', `${desk.base}/${project.id}/history?limit=2`)
    const next = `?limit=2&cursor=${page.body.nextCursor as string}`
    const second = await desk.person.call('GET', `${desk.base}/${project.id}/history${next}`)
    expect(second.body.items).toEqual(items.slice(2, 4))

    const version = (number: number | string) =>
      desk.person.call('GET', `${desk.base}/${project.id}/versions/${number}`)
    expect(await version(1)).toMatchObject({ body: { name: 'Garden', content: { a: 1, b: 1 } } })
    expect(await version(3)).toMatchObject({ body: { name: 'Park', content: { a: 2, b: 1 } } })
    expect((await version(3)).headers.get('etag')).toBe('"3"')
    for (const none of [0, 6, 'x', 1.5]) expectProblem(await version(none), 404, 'not-found')
  })

  it('can be brought back', async () => {
    const project = await desk.create({ a: 1 })
    await desk.change('PATCH', project, 1, { name: 'Park', content: { a: 2 } })
    const reply = await desk.post(project.id, 'versions/1/restore')
    expect(reply).toMatchObject({
      status: 200,
      body: { name: 'Garden', content: { a: 1 }, version: 5 },
    })
    const { body } = await desk.person.call('GET', `${desk.base}/${project.id}/history`)
    expect(body.items[0]).toMatchObject({ type: 'ProjectContentChanged', restoredVersion: 1 })
    for (const none of [9, Number.MAX_SAFE_INTEGER]) {
      expectProblem(await desk.post(project.id, `versions/${none}/restore`), 404, 'not-found')
    }
    const stale = { headers: { 'if-match': '"1"' } }
    expectProblem(await desk.post(project.id, 'versions/1/restore', stale), 409, 'version-conflict')
  })
})
