import type { Asset } from '@atrium/contracts/assets/http.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { call } from './client.ts'
import { createLibrary, expectProblem, type Library } from './library.ts'

let person: Library['person']
let uploadOne: Library['uploadOne']
beforeEach(async () => {
  ;({ person, uploadOne } = await createLibrary())
})

describe('links', () => {
  const link = async (asset: Asset, body: object) =>
    (await person.call('POST', `/v1/assets/${asset.id}/links`, { body })).body as {
      id: string
      url: string
    }

  it('give the bytes without a token, up to their number, and are counted', async () => {
    const asset = await uploadOne({ name: 'a.txt', bytes: 'shared' })
    const { id, url } = await link(asset, { expiresInSeconds: 60, downloadsMax: 3 })
    const replies = await Promise.all(Array.from({ length: 10 }, () => call('GET', url)))
    expect(replies.filter(({ status }) => status === 200).map((reply) => reply.text)).toEqual([
      'shared',
      'shared',
      'shared',
    ])
    const refused = replies.filter(({ status }) => status !== 200)
    for (const reply of refused) expectProblem(reply, 410, 'link-expired')
    expect((await call('GET', url, { headers: { range: 'bytes=3-' } })).text).toBe('red')
    expect((await call('HEAD', url)).status).toBe(200)
    await person.call('GET', '/v1/assets')
    const { body } = await person.call('GET', `/v1/assets/${asset.id}/links`)
    expect(body.items).toMatchObject([{ id, url, downloads: 3, downloadsMax: 3 }])
  })

  it('lead nowhere when revoked, when the asset is gone, or when changed', async () => {
    const asset = await uploadOne({ bytes: 'shared' })
    const [one, two] = [
      await link(asset, { expiresInSeconds: 60 }),
      await link(asset, { expiresInSeconds: 60 }),
    ]
    expect((await call('GET', one.url)).status).toBe(200)
    const path = `/v1/assets/${asset.id}/links/${one.id}`
    expect((await person.call('DELETE', path)).status).toBe(204)
    expectProblem(await person.call('DELETE', path), 404, 'not-found')
    expectProblem(await call('GET', one.url), 404, 'not-found')
    expectProblem(await call('GET', two.url.replace(/.$/, '_')), 404, 'not-found')
    expectProblem(await call('GET', '/v1/links/x'), 404, 'not-found')
    await person.call('DELETE', `/v1/assets/${asset.id}`)
    expectProblem(await call('GET', two.url), 404, 'not-found')
  })
})
