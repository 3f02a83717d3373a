import type { Asset, AssetUsage } from '@atrium/contracts/assets/http.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { createLibrary, expectProblem, formOf, type Library } from './library.ts'
import { pngOf } from './pictures.ts'

let person: Library['person']
let instanceId: string
let uploadOne: Library['uploadOne']
let list: Library['list']
beforeEach(async () => {
  ;({ person, instanceId, uploadOne, list } = await createLibrary())
})

describe('projects', () => {
  const projects = () => `/v1/instances/${instanceId}/projects`
  const createProject = async (content: object = {}): Promise<string> => {
    const body = { name: 'Plan', kind: 'plain', content }
    const reply = await person.call('POST', projects(), { body })
    expect(reply.status, reply.text).toBe(201)
    return reply.body.id
  }
  const uploadTo = (projectId: string, bytes: Buffer | string, name = 'a.png') =>
    person.call('POST', '/v1/assets', { form: formOf({ instanceId, projectId }, { name, bytes }) })
  const statusOf = async ({ id }: { id: string }) =>
    (await person.call('GET', `/v1/assets/${id}`)).status

  it('take images of few bytes, and nothing else', async () => {
    const projectId = await createProject()
    const reply = await uploadTo(projectId, pngOf(4, 4))
    expect(reply.status, reply.text).toBe(201)
    expect(await list(`?projectId=${projectId}`)).toEqual(reply.body.items)
    expect(await list('?unused=false')).toEqual(reply.body.items)
    const text = await uploadTo(projectId, 'only text')
    expectProblem(text, 415, 'media-type-not-allowed')
    expect(text.body).toMatchObject({ file: 0, mediaType: 'text/plain' })
    const large = Buffer.concat([pngOf(4, 4), Buffer.alloc(512 * 1024)])
    const refused = await uploadTo(projectId, large)
    expectProblem(refused, 413, 'file-too-large')
    expect(refused.body).toMatchObject({ rule: 'image of a project', limit: 512 * 1024 })
    const active = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    expectProblem(await uploadTo(projectId, active, 'a.svg'), 422, 'svg-active')
  })

  it('keep what they name from being deleted, and say which they are', async () => {
    const asset = await uploadOne({ bytes: 'named' })
    const projectId = await createProject({ picture: asset.id })
    const refused = await person.call('DELETE', `/v1/assets/${asset.id}`)
    expectProblem(refused, 409, 'asset-in-use')
    expect(refused.body.projectIds).toEqual([projectId])
    const change = { body: { content: { picture: null } }, headers: { 'if-match': '"1"' } }
    const changed = await person.call('PATCH', `${projects()}/${projectId}`, change)
    expect(changed.status, changed.text).toBe(200)
    expect((await person.call('DELETE', `/v1/assets/${asset.id}`)).status).toBe(204)
  })

  it('hide what only they use when they are deleted, and show it again', async () => {
    const projectId = await createProject()
    const own = (await uploadTo(projectId, pngOf(5, 5))).body.items[0] as Asset
    const library = await uploadOne({ bytes: 'of the library' })
    const path = `${projects()}/${projectId}`
    const patch = {
      body: { content: { a: own.id, b: library.id } },
      headers: { 'if-match': '"1"' },
    }
    expect((await person.call('PATCH', path, patch)).status).toBe(200)

    expect((await person.call('DELETE', path)).status).toBe(204)
    expect([await statusOf(own), await statusOf(library)]).toEqual([404, 200])
    expect(await list()).toEqual([library])
    const usage = (await person.call('GET', '/v1/assets/usage')).body as AssetUsage
    expect(usage.trash).toEqual({ bytes: own.sizeBytes, files: 1 })

    expect((await person.call('POST', `${path}/restore`)).status).toBe(200)
    expect([await statusOf(own), await statusOf(library)]).toEqual([200, 200])

    expect((await person.call('DELETE', `${path}?purge=true`)).status).toBe(204)
    expect([await statusOf(own), await statusOf(library)]).toEqual([404, 200])
  })

  it('keep the picture of a file that is deleted, and take it along when they go', async () => {
    const file = `/v1/instances/${instanceId}/files/photo.png`
    const headers = { 'content-type': 'image/png' }
    const bytes = Buffer.from(pngOf(6, 6))
    expect((await person.call('PUT', file, { bytes, headers })).status).toBe(201)
    const [asset] = await list('?type=image')
    if (!asset) throw new Error('the file has no asset')
    const inFile = await person.call('DELETE', `/v1/assets/${asset.id}`)
    expectProblem(inFile, 409, 'asset-in-use')
    expect(inFile.body).toMatchObject({ projectIds: [], isInFile: true })

    const projectId = await createProject({ picture: asset.id })
    await person.call('GET', '/v1/assets') // waits until the project is followed
    expect((await person.call('DELETE', file)).status).toBe(204)
    expect(await statusOf(asset)).toBe(200)
    const refused = await person.call('DELETE', `/v1/assets/${asset.id}`)
    expect(refused.body).toMatchObject({ projectIds: [projectId], isInFile: false })
    expect((await person.call('DELETE', `${projects()}/${projectId}`)).status).toBe(204)
    expect(await statusOf(asset)).toBe(404)
    expect(await list()).toEqual([])
  })

  it('are told with their instance in its deletion preview, and go and come with it', async () => {
    const other = (await person.call('POST', '/v1/instances', { body: { name: 'Other' } })).body
    const form = formOf({ instanceId: other.id }, { bytes: 'one' }, { bytes: 'two' })
    const [asset] = (await person.call('POST', '/v1/assets', { form })).body.items as Asset[]
    const preview = await person.call('GET', `/v1/instances/${other.id}/deletion-preview`)
    expect(preview.body).toMatchObject({ assets: 2 })
    expect((await person.call('DELETE', `/v1/instances/${other.id}`)).status).toBe(204)
    expect(await list()).toEqual([])
    expect(await statusOf(asset ?? { id: '' })).toBe(404)
    await person.call('POST', `/v1/instances/${other.id}/restore`)
    expect(await list()).toHaveLength(2)
  })
})
