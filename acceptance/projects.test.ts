import type { Project, ProjectSummary } from '@atrium/contracts/instances/project.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { until } from './client.ts'
import { createDesk, expectProblem, picture, planner, type Desk } from './desk.ts'

let desk: Desk
beforeEach(async () => {
  desk = await createDesk()
})

describe('creating', () => {
  it('answers 201 with the project, version 1, and shows it', async () => {
    const body = { name: ' Garden ', kind: 'plain', description: 'Beds', content: { beds: 3 } }
    const reply = await desk.person.call('POST', desk.base, { body })
    expect(reply.status).toBe(201)
    expect(reply.headers.get('etag')).toBe('"1"')
    expect(reply.body).toMatchObject({
      name: 'Garden',
      kind: 'plain',
      description: 'Beds',
      content: { beds: 3 },
      assetIds: [],
      version: 1,
      archived: false,
      updatedBy: desk.person.tokens.user.id,
    })
    const shown = await desk.person.call('GET', `${desk.base}/${reply.body.id}`)
    expect(shown.headers.get('etag')).toBe('"1"')
    expect(shown.body).toEqual(reply.body)
    const { content: _, ...summary } = reply.body as Project
    expect(await desk.list()).toEqual([summary])
  })

  it('has an empty content where none is given', async () => {
    const reply = await desk.person.call('POST', desk.base, {
      body: { name: 'A', kind: 'planner' },
    })
    expect(reply).toMatchObject({ status: 201, body: { content: {} } })
  })

  it('takes a planner and names the asset of each image widget', async () => {
    const project = await desk.create(planner, { kind: 'planner' })
    expect(project).toMatchObject({ kind: 'planner', content: planner, assetIds: [picture] })
  })

  it('names every asset of a plain project, wherever a string is its id', async () => {
    const other = `ast_${'2e'.repeat(16)}`
    const project = await desk.create({ a: [{ b: other }], c: picture, d: `x ${picture}` })
    expect(project.assetIds).toEqual([picture, other])
  })

  it('refuses a planner with the pointer of every fault', async () => {
    const [day] = planner.masters
    const [title] = day?.widgets ?? []
    const broken = {
      masters: [{ ...day, widgets: [{ ...title, type: 'hologram' }] }],
      plan: { ...planner.plan, sections: [{ ...planner.plan.sections[0], master: 'night' }] },
    }
    const reply = await desk.person.call('POST', desk.base, {
      body: { name: 'Broken', kind: 'planner', content: broken },
    })
    expectProblem(reply, 422, 'validation-failed')
    expect(reply.body.errors).toMatchObject([
      { pointer: '/content/masters/0/widgets/0/type' },
      { pointer: '/content/plan/sections/0/master' },
    ])
  })

  it.each([
    ['/name', { name: '  ', kind: 'plain' }],
    ['/name', { name: 'a\nb', kind: 'plain' }],
    ['/kind', { name: 'A', kind: 'other' }],
    ['/content', { name: 'A', kind: 'plain', content: [] }],
    ['/content/a', { name: 'A', kind: 'plain', content: { a: 'x\u0000' } }],
    ['/content/a', { name: 'A', kind: 'plain', content: { a: 2 ** 60 } }],
    ['/extra', { name: 'A', kind: 'plain', extra: 1 }],
  ])('refuses what is wrong at %s', async (pointer, body) => {
    const reply = await desk.person.call('POST', desk.base, { body })
    expectProblem(reply, 422, 'validation-failed')
    expect(reply.body.errors).toMatchObject([{ pointer }])
  })

  it.each([
    ['/content/a', '{"a":1e400}'],
    ['/content/a', '{"a":12345678901234567890}'],
    ['/content/a/__proto__', '{"a":{"__proto__":{"polluted":true}}}'],
    ['/content/a', '{"a":1,"a":2}'],
    [`/content/a${'/0'.repeat(27)}`, `{"a":${'['.repeat(28)}${']'.repeat(28)}}`],
    [`/content/a${'/0'.repeat(31)}`, `{"a":${'['.repeat(9_999)}${']'.repeat(9_999)}}`],
    ['/content/a', '{"a":"\\u0000"}'],
    ['/content/a', '{"a":"\\ud800"}'],
  ])('refuses what is hostile, at %s', async (pointer, content) => {
    const reply = await desk.person.call('POST', desk.base, {
      bytes: Buffer.from(`{"name":"A","kind":"plain","content":${content}}`),
      headers: { 'content-type': 'application/json' },
    })
    expectProblem(reply, 422, 'validation-failed')
    expect(reply.body.errors).toMatchObject([{ pointer }])
  })

  it('takes a planner of 10,000 widgets, whose single widget can be changed', async () => {
    const masters = Array.from({ length: 10 }, (_, index) => ({
      name: `m${index}`,
      widgets: Array.from({ length: 1_000 }, (__, place) => ({
        id: `w${place}`,
        type: 'text_block',
        position: { x: place % 400, y: index, width: 100, height: 20 },
        content: `Text ${place} of {date_long}`,
        styling: { font: 'Helvetica', size: 12 },
      })),
    }))
    const project = await desk.create({ masters }, { kind: 'planner' })
    const pointer = '/content/masters/7/widgets/500/content'
    const patch = [{ op: 'replace', path: pointer, value: 'Changed' }]
    const reply = await desk.change('PATCH', project, 1, patch, 'application/json-patch+json')
    expect(reply).toMatchObject({ status: 200, body: { version: 2 } })
    const { body } = await desk.person.call('GET', `${desk.base}/${project.id}/history`)
    expect(body.items[0].pointers).toEqual([pointer])
    const shown = await desk.get(project.id)
    expect(shown.content).toMatchObject({ masters: { length: 10 } })
    expect(shown).toEqual(reply.body)
  })

  it('takes 5 MiB of content and refuses more', async () => {
    const text = (bytes: number) => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) })
    const project = await desk.create(text(5 * 1024 * 1024))
    expect(project.contentSizeBytes).toBe(5 * 1024 * 1024)
    for (const bytes of [5 * 1024 * 1024 + 1, 7 * 1024 * 1024]) {
      const body = { name: 'Large', kind: 'plain', content: text(bytes) }
      expectProblem(await desk.person.call('POST', desk.base, { body }), 413, 'body-too-large')
    }
  })

  it('writes once for one Idempotency-Key', async () => {
    const once = { body: { name: 'Once', kind: 'plain' }, headers: { 'idempotency-key': 'k' } }
    const replies = [
      await desk.person.call('POST', desk.base, once),
      await desk.person.call('POST', desk.base, once),
    ]
    expect(replies.map(({ status }) => status)).toEqual([201, 201])
    expect(replies[1]?.body).toEqual(replies[0]?.body)
    expect(await desk.list()).toHaveLength(1)
  })

  it('is 404 in an instance that is not there', async () => {
    const reply = await desk.person.call('POST', `/v1/instances/ins_${'0'.repeat(32)}/projects`, {
      body: { name: 'A', kind: 'plain' },
    })
    expectProblem(reply, 404, 'not-found')
  })
})

describe('listing', () => {
  it('filters by kind, by archive and by text, and pages by cursor', async () => {
    const plain = await desk.create({}, { name: 'Übersicht 100%', description: 'first' })
    const second = await desk.create({}, { name: 'Second' })
    const third = await desk.create(planner, { kind: 'planner', name: 'Third' })
    await desk.post(second.id, 'archive')
    const names = async (query: string) => (await desk.list(query)).map(({ name }) => name)
    expect(await names('')).toEqual(['Second', 'Third', 'Übersicht 100%'])
    expect(await names('?kind=planner')).toEqual([third.name])
    expect(await names('?archived=true')).toEqual([second.name])
    expect(await names('?archived=false')).toEqual(['Third', plain.name])
    expect(await names('?text=FIRST')).toEqual([plain.name])
    expect(await names(`?text=${encodeURIComponent('übersicht 100%')}`)).toEqual([plain.name])
    expect(await names('?text=%25')).toEqual([plain.name])
    expect(await names('?text=nothing')).toEqual([])

    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null && seen.length < 10;) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await desk.person.call('GET', `${desk.base}?limit=1${query}`)
      seen.push(...(body.items as ProjectSummary[]).map(({ name }) => name))
      cursor = body.nextCursor as string | null
    }
    expect(seen).toEqual(['Second', 'Third', plain.name])
  })

  it.each(['limit=0', 'kind=x', 'archived=maybe', 'status=gone', 'cursor=x', 'text='])(
    'refuses the query %s, naming the field',
    async (query) => {
      const reply = await desk.person.call('GET', `${desk.base}?${query}`)
      expectProblem(reply, 422, 'validation-failed')
      expect(reply.body.errors[0].pointer).toBe(`/query/${query.split('=')[0]}`)
    },
  )
})

describe('duplicating', () => {
  it('makes a project of its own', async () => {
    const project = await desk.create({ beds: 3, photo: picture }, { description: 'Green' })
    const reply = await desk.post(project.id, 'duplicate')
    expect(reply).toMatchObject({
      status: 201,
      body: {
        name: 'Garden (copy)',
        description: 'Green',
        kind: 'plain',
        content: project.content,
        assetIds: [picture],
        version: 1,
      },
    })
    expect(reply.body.id).not.toBe(project.id)
    await desk.change('PATCH', reply.body, 1, { content: { beds: 9 } })
    expect((await desk.get(project.id)).content).toEqual(project.content)
  })
})

describe('archiving', () => {
  it('puts a project away, and out again', async () => {
    const project = await desk.create({ a: 1 })
    expect(await desk.post(project.id, 'archive')).toMatchObject({
      status: 200,
      body: { archived: true, version: 2, content: { a: 1 } },
    })
    expect((await desk.post(project.id, 'archive')).body.version).toBe(2)
    expectProblem(await desk.change('PATCH', project, 2, { name: 'X' }), 409, 'project-archived')
    expect(await desk.get(project.id)).toMatchObject({ archived: true, name: 'Garden' })
    expect(await desk.post(project.id, 'unarchive')).toMatchObject({
      status: 200,
      body: { archived: false, version: 3 },
    })
    expect((await desk.change('PATCH', project, 3, { name: 'X' })).status).toBe(200)
    const stale = await desk.post(project.id, 'archive', { headers: { 'if-match': '"1"' } })
    expectProblem(stale, 409, 'version-conflict')
    expect(stale.body).toMatchObject({ yours: ['/archived'], theirs: ['/name'], conflicts: [] })
  })
})

describe('deleting', () => {
  it('hides the project until it is restored', async () => {
    const project = await desk.create({ a: 1 })
    expect((await desk.person.call('DELETE', `${desk.base}/${project.id}`)).status).toBe(204)
    expectProblem(await desk.person.call('GET', `${desk.base}/${project.id}`), 404, 'not-found')
    expectProblem(await desk.person.call('DELETE', `${desk.base}/${project.id}`), 404, 'not-found')
    expectProblem(await desk.change('PATCH', project, 2, { name: 'X' }), 404, 'not-found')
    expect(await desk.list()).toEqual([])
    const [deleted] = await desk.list('?status=deleted')
    expect(deleted).toMatchObject({ id: project.id, status: 'deleted', version: 2 })
    const days = (Date.parse(deleted?.purgeAt ?? '') - Date.parse(deleted?.deletedAt ?? '')) / 864e5
    expect(days).toBeCloseTo(30)

    expect(await desk.post(project.id, 'restore')).toMatchObject({
      status: 200,
      body: { id: project.id, status: 'active', version: 3, content: { a: 1 } },
    })
    expect(await desk.list()).toHaveLength(1)
    expectProblem(await desk.post(project.id, 'restore'), 409, 'project-not-deleted')
  })

  it('purges at once on request, an active one and a deleted one', async () => {
    const [one, other] = [await desk.create(), await desk.create()]
    await desk.person.call('DELETE', `${desk.base}/${other.id}`)
    for (const { id } of [one, other]) {
      expect((await desk.person.call('DELETE', `${desk.base}/${id}?purge=true`)).status).toBe(204)
      expectProblem(await desk.post(id, 'restore'), 404, 'not-found')
    }
    expect(await desk.list('?status=deleted')).toEqual([])
  })

  it('refuses a stale version', async () => {
    const project = await desk.create()
    await desk.change('PATCH', project, 1, { name: 'X' })
    const reply = await desk.person.call('DELETE', `${desk.base}/${project.id}`, {
      headers: { 'if-match': '"1"' },
    })
    expectProblem(reply, 409, 'version-conflict')
    expect(reply.body).toMatchObject({ yours: [], theirs: ['/name'] })
  })
})

describe('a deleted instance', () => {
  it('hides its projects at once, shows them again, and takes them along', async () => {
    const { body: work } = await desk.person.call('POST', '/v1/instances', {
      body: { name: 'Work' },
    })
    const inside = `/v1/instances/${work.id}`
    const body = { name: 'Inside', kind: 'plain' }
    const { body: project } = await desk.person.call('POST', `${inside}/projects`, { body })
    const preview = await desk.person.call('GET', `${inside}/deletion-preview`)
    expect(preview.body.projects).toBe(1)

    await desk.person.call('DELETE', inside)
    const paths = ['', `/${project.id}`, `/${project.id}/history`, `/${project.id}/versions/1`]
    for (const path of paths) {
      expectProblem(await desk.person.call('GET', `${inside}/projects${path}`), 404, 'not-found')
    }
    const options = { headers: { 'if-match': '*' }, body: { name: 'X' } }
    const patched = await desk.person.call('PATCH', `${inside}/projects/${project.id}`, options)
    expectProblem(patched, 404, 'not-found')

    await desk.person.call('POST', `${inside}/restore`)
    const shown = await desk.person.call('GET', `${inside}/projects/${project.id}`)
    expect(shown).toMatchObject({ status: 200, body: { name: 'Inside', version: 1 } })

    await desk.person.call('DELETE', `${inside}?purge=true`)
    const gone = await until(
      () => desk.person.call('GET', `${inside}/projects/${project.id}`),
      ({ status }) => status === 404,
    )
    expect(gone.status).toBe(404)
  })
})
