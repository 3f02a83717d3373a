import type { Clone, Publication } from '@atrium/contracts/pdf/gallery-http.ts'
import { makeClone } from '../src/gallery/make-clone.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compareResults } from '../src/timers/compare-results.ts'
import { causeIn } from './pdf-context.ts'
import { plannerContent } from './planner.ts'
import { createService, type Service } from './service-context.ts'

let service: Service
beforeAll(async () => {
  service = await createService()
})
afterAll(() => service.close())

const author = { userId: `usr_${'0a'.repeat(16)}` }
const reader = { userId: `usr_${'0e'.repeat(16)}` }
const foreigner = { tenant: 'zenith' }
const assetId = `ast_${'1'.repeat(32)}`
const readersInstance = `ins_${'2'.repeat(32)}`
let number = 0
let projectId: string
let slug: string

beforeEach(() => {
  number += 1
  projectId = `prj_${String(number).padStart(32, '0')}`
  slug = `plan-${number}`
  const content = plannerContent(`Plan ${number}`, 3)
  Object.assign(content.metadata, { author: 'Ada', description: 'Days and Gärten' })
  content.masters[0]?.widgets.push({
    id: 'picture',
    type: 'image',
    position: { x: 0, y: 0, width: 9, height: 9 },
    properties: { assetId },
  } as never)
  service.projects.set(projectId, {
    id: projectId,
    instanceId: `ins_${'1'.repeat(32)}`,
    ownerId: author.userId,
    name: 'A project',
    kind: 'planner',
    content,
  })
  service.assets.set(assetId, {
    id: assetId,
    ownerId: author.userId,
    bytes: Buffer.from('a picture'),
  })
  service.peers.instances.set(readersInstance, reader.userId)
  Object.assign(service.peers.behaviour, { uploadStatus: 201, projectStatus: 201, failures: 0 })
})

const publish = (as: { userId: string } = author, name = slug) =>
  service.ask('POST', '/v1/gallery', { body: { projectId, slug: name }, as })
const search = async (query = '', as: object = reader) =>
  (await service.ask('GET', `/v1/gallery${query}`, { as })).body.items as Publication[]
const askForClone = (as: { userId: string } = reader, instanceId = readersInstance) =>
  service.ask('POST', `/v1/gallery/${slug}/clone`, { body: { instanceId }, as })
const make = ({ id }: Clone) => makeClone(service.galleryDeps, { tenant: 'acme', cloneId: id })
const cloneOf = async ({ id }: Clone) => {
  await service.projections.waitFor(await service.store.headPosition())
  return (await service.ask('GET', `/v1/gallery-clones/${id}`, { as: reader })).body as Clone
}

describe('a published planner', () => {
  it('is shown to everybody of the tenant, with or without a token', async () => {
    const published = await publish()
    expect(published).toMatchObject({
      status: 201,
      body: { slug, title: `Plan ${number}`, author: 'Ada', pages: 3, cloneCount: 0 },
    })
    expect(await search('?text=g%C3%84RTEN')).toContainEqual(published.body)
    const shown = await service.ask('GET', `/v1/gallery/${slug}`, {
      headers: { authorization: '', 'x-tenant': 'acme' },
    })
    expect(shown).toMatchObject({
      status: 200,
      body: { slug, project: { metadata: { author: 'Ada' } } },
    })
    expect((await service.ask('GET', `/v1/gallery/${slug}`, { as: foreigner })).status).toBe(404)
    expect(await search('', foreigner)).toEqual([])
    expect(await search('?text=nothing%20like%20it')).toEqual([])
  })

  it('has its slug alone, and is only its author’s to publish and to unpublish', async () => {
    expect(await publish(reader)).toMatchObject({ status: 404 })
    await publish()
    expect(await publish()).toMatchObject({ status: 409, body: { code: 'slug-taken' } })
    const remove = (as: object) => service.ask('DELETE', `/v1/gallery/${slug}`, { as })
    expect(await remove(reader)).toMatchObject({ status: 403 })
    expect(await remove(foreigner)).toMatchObject({ status: 404 })
    expect(await remove(author)).toMatchObject({ status: 204 })
    expect(await remove(author)).toMatchObject({ status: 404 })
    expect(await publish()).toMatchObject({ status: 201 })
  })

  it('stays as it was published, whatever is changed or deleted afterwards', async () => {
    await publish()
    const project = service.projects.get(projectId)
    if (project) service.projects.set(projectId, { ...project, content: plannerContent('Secret') })
    service.assets.delete(assetId)
    const shown = await service.ask('GET', `/v1/gallery/${slug}`)
    expect(JSON.stringify(shown.body)).not.toContain('Secret')
    const { body } = await askForClone()
    await make(body as Clone)
    const { projectId: copy } = await cloneOf(body as Clone)
    expect(copy).not.toBeNull()
    expect([...service.peers.uploads.values()].at(-1)?.bytes.toString()).toBe('a picture')
  })

  it('is hidden with its project, and gone with it', async () => {
    await publish()
    const { state } = await service.listings.load('acme', slug)
    const id = state.status === 'published' ? state.publication.publicationId : ''
    const keysOfIt = async () => (await service.storedKeys()).filter((key) => key.includes(id))
    expect(await keysOfIt()).toHaveLength(1)
    const source = { sourceId: projectId, kind: 'project', at: '2026-01-01T00:00:00.000Z' } as const
    const happens = (type: 'HideSource' | 'ShowSource' | 'RemoveSource') =>
      service.sources.handle(projectId, { ...source, type }, causeIn('acme'))
    const statusNow = async () => {
      await service.projections.waitFor(await service.store.headPosition())
      return (await service.ask('GET', `/v1/gallery/${slug}`)).status
    }
    await happens('HideSource')
    expect(await statusNow()).toBe(404)
    await happens('ShowSource')
    expect(await statusNow()).toBe(200)
    await happens('RemoveSource')
    await service.letGo()
    await service.letGo()
    expect((await service.listings.load('acme', slug)).state.status).toBe('free')
    expect(await keysOfIt()).toEqual([])
    // What is kept for the others is no orphan, however old.
    const kept = await service.storedKeys()
    const inTwoHours = new Date(Date.now() + 2 * 3_600_000).toISOString()
    const comparison = await compareResults({ ...service, unsettledMs: 3_600_000 }, inTwoHours)
    expect(comparison).toMatchObject({ missing: [], orphans: [] })
    expect(kept.length).toBeGreaterThan(0)
    expect((await service.listings.load('acme', slug)).state.retired.size).toBe(0)
  })
})

describe('a copy', () => {
  it('is a project of the instance, with copies of the assets, credit, and a count', async () => {
    await publish()
    const asked = await askForClone()
    expect(asked).toMatchObject({ status: 202, body: { status: 'pending', slug } })
    const clone = asked.body as Clone
    await Promise.all([make(clone), make(clone)])
    await make(clone)
    const done = await cloneOf(clone)
    expect(done).toMatchObject({ status: 'completed', instanceId: readersInstance })
    const project = service.peers.created.get(clone.id)
    expect(project?.id).toBe(done.projectId)
    const text = JSON.stringify(project?.body)
    expect(text).not.toContain(assetId)
    expect(project?.body).toMatchObject({
      kind: 'planner',
      content: { metadata: { originalAuthor: 'Ada', clonedFrom: slug, isPublic: false } },
    })
    const [copyId] = [...service.peers.uploads.keys()].filter((id) => text.includes(id))
    expect(service.peers.uploads.get(copyId ?? '')).toMatchObject({ ownerId: reader.userId })
    const shown = await service.ask('GET', `/v1/gallery/${slug}`)
    expect(shown.body).toMatchObject({ cloneCount: 1 })
  })

  it('goes on where it ended: what is uploaded already is not uploaded again', async () => {
    await publish()
    const clone = (await askForClone()).body as Clone
    const before = service.peers.uploads.size
    service.peers.behaviour.failures = 1
    await expect(make(clone)).rejects.toThrow('away')
    expect(service.peers.uploads.size).toBe(before)
    await make(clone)
    expect(service.peers.uploads.size).toBe(before + 1)
    await make(clone)
    expect(service.peers.uploads.size).toBe(before + 1)
    expect(await cloneOf(clone)).toMatchObject({ status: 'completed' })
  })

  it.each([
    ['uploadStatus', 403, 'quota-exceeded'],
    ['projectStatus', 403, 'quota-exceeded'],
    ['projectStatus', 404, 'instance-not-found'],
    ['uploadStatus', 415, 'refused'],
  ])('fails where the person’s own contexts refuse it: %s %i', async (where, status, code) => {
    await publish()
    const clone = (await askForClone()).body as Clone
    Object.assign(service.peers.behaviour, { [where]: status })
    await make(clone)
    expect(await cloneOf(clone)).toMatchObject({ status: 'failed', errorCode: code })
  })

  it('is made though its original is unpublished meanwhile, which keeps its bytes till then', async () => {
    await publish()
    const clone = (await askForClone()).body as Clone
    await service.ask('DELETE', `/v1/gallery/${slug}`, { as: author })
    await service.letGo()
    await make(clone)
    expect(await cloneOf(clone)).toMatchObject({ status: 'completed' })
    const kept = async () => (await service.storedKeys()).filter((key) => key.includes('/pub_'))
    const before = await kept()
    await service.letGo()
    expect((await kept()).length).toBe(before.length - 1)
  })

  it('goes into an instance of ones own alone, and is nobody else’s to see', async () => {
    await publish()
    expect(await askForClone(author)).toMatchObject({ status: 404 })
    expect(await askForClone(reader, 'x')).toMatchObject({ status: 404 })
    const clone = (await askForClone()).body as Clone
    const path = `/v1/gallery-clones/${clone.id}`
    expect((await service.ask('GET', path, { as: author })).status).toBe(404)
    expect((await service.ask('GET', path, { as: foreigner })).status).toBe(404)
  })
})
