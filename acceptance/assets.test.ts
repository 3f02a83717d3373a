import { createHash } from 'node:crypto'
import type { Asset, AssetUsage } from '@atrium/contracts/assets/http.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { call, register, type Person, type Reply } from './client.ts'
import { pngOf } from './pictures.ts'

let person: Person
let instanceId: string
beforeEach(async () => {
  person = await register()
  const { body } = await person.call('GET', '/v1/instances')
  instanceId = body.items[0].id as string
  await person.call('GET', '/v1/assets') // waits until the instance has its storage
})

interface GivenFile {
  readonly name?: string
  readonly bytes: Buffer | string
}

const formOf = (fields: Readonly<Record<string, string>>, ...files: readonly GivenFile[]) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const { name = 'a.bin', bytes } of files) form.append('file', new Blob([bytes]), name)
  return form
}
const upload = (...files: readonly GivenFile[]) =>
  person.call('POST', '/v1/assets', { form: formOf({ instanceId }, ...files) })
const uploadOne = async (file: GivenFile): Promise<Asset> => {
  const reply = await upload(file)
  expect(reply.status, reply.text).toBe(201)
  return reply.body.items[0]
}
const list = async (query = '') =>
  (await person.call('GET', `/v1/assets${query}`)).body.items as Asset[]
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const expectProblem = (reply: Reply, status: number, code: string) => {
  expect(reply.headers.get('content-type')).toContain('application/problem+json')
  expect(reply.body).toMatchObject({ status, code })
  expect(reply.status).toBe(status)
}

describe('uploading', () => {
  it('counts in what a deletion of the instance would take along', async () => {
    await upload({ bytes: 'one' }, { bytes: 'two' })
    const preview = await person.call('GET', `/v1/instances/${instanceId}/deletion-preview`)
    expect(preview).toMatchObject({ status: 200, body: { assets: 2, jobs: 0 } })
  })

  it('answers 201 with what the bytes are, and lists the newest first', async () => {
    const picture = pngOf(30, 20)
    const reply = await upload({ name: '../plan/Zdjęcie.png', bytes: picture })
    expect(reply.status, reply.text).toBe(201)
    expect(reply.body.items).toEqual([
      {
        id: expect.stringMatching(/^ast_[0-9a-f]{32}$/) as string,
        instanceId,
        name: 'Zdjęcie.png',
        mediaType: 'image/png',
        sizeBytes: picture.length,
        sha256: sha256(picture),
        width: 30,
        height: 20,
        createdAt: expect.any(String) as string,
      },
    ])
    const text = await uploadOne({ name: 'picture.png', bytes: 'only text' })
    expect(text).toMatchObject({ mediaType: 'text/plain', name: 'picture.png' })
    expect(text).not.toHaveProperty('width')
    expect(await list()).toEqual([text, reply.body.items[0]])
    expect((await person.call('GET', `/v1/assets/${text.id}`)).body).toEqual(text)
  })

  it('takes many files at once, in their order', async () => {
    const reply = await upload(
      { name: '1.txt', bytes: 'one' },
      { name: '2.txt', bytes: '' },
      { name: '3.txt', bytes: 'one' },
    )
    expect(reply.body.items).toMatchObject([
      { name: '1.txt', sizeBytes: 3 },
      { name: '2.txt', sizeBytes: 0, sha256: sha256('') },
      { name: '3.txt', sha256: sha256('one') },
    ])
    expect(await list()).toHaveLength(3)
  })

  it('takes all of them or none', async () => {
    const reply = await upload(
      { name: '1.txt', bytes: 'one' },
      { name: '2.png', bytes: pngOf(9, 9).subarray(0, 60) },
    )
    expectProblem(reply, 422, 'image-invalid')
    expect(await list()).toEqual([])
    const { body } = await person.call('GET', '/v1/assets/usage')
    expect(body).toMatchObject({ bytes: 0, files: 0, trash: { bytes: 0, files: 0 } })
  })

  it('takes the instance from anywhere in the form', async () => {
    const form = formOf({}, { bytes: 'first' })
    form.append('instanceId', instanceId)
    expect((await person.call('POST', '/v1/assets', { form })).status).toBe(201)
  })

  it('streams what is larger than memory should hold, and gives it back whole', async () => {
    const bytes = Buffer.alloc(9 * 1024 * 1024, 'atrium 0123456789\n')
    const asset = await uploadOne({ name: 'large.txt', bytes })
    expect(asset).toMatchObject({ sizeBytes: bytes.length, sha256: sha256(bytes) })
    const content = await person.call('GET', `/v1/assets/${asset.id}/content`)
    expect(content.bytes.equals(bytes)).toBe(true)
  })

  it('is refused for an instance or a project that is not there', async () => {
    const into = (fields: Record<string, string>) =>
      person.call('POST', '/v1/assets', { form: formOf(fields, { bytes: 'x' }) })
    for (const fields of [
      { instanceId: `ins_${'0'.repeat(32)}` },
      { instanceId: 'x' },
      { instanceId, projectId: `prj_${'0'.repeat(32)}` },
    ]) {
      const picture = formOf(fields, { bytes: pngOf(3, 3) })
      expectProblem(await person.call('POST', '/v1/assets', { form: picture }), 404, 'not-found')
    }
    const reply = await into({})
    expectProblem(reply, 422, 'validation-failed')
    expect(reply.body.errors).toMatchObject([{ pointer: '/instanceId', code: 'required' }])
    expectProblem(await into({ instanceId, owner: 'me' }), 422, 'validation-failed')
    expectProblem(await upload(), 422, 'validation-failed')
    const stranger = await register()
    const foreign = await stranger.call('POST', '/v1/assets', {
      form: formOf({ instanceId }, { bytes: 'x' }),
    })
    expectProblem(foreign, 404, 'not-found')
  })

  it('refuses a form that is broken, saying how', async () => {
    const send = (body: string, contentType = 'multipart/form-data; boundary=b') =>
      person.call('POST', '/v1/assets', {
        bytes: Buffer.from(body),
        headers: { 'content-type': contentType },
      })
    const head = 'Content-Disposition: form-data; name="file"; filename="a"'
    const broken: [string, string, string?][] = [
      ['', 'the form has no first part'],
      ['nothing of a form', 'the form has no first part'],
      ['--b\r\nX: y\r\n\r\nz\r\n--b--', 'a part is no part of a form'],
      [`--b\r\n${head}\r\n\r\nbreaks off`, 'a file breaks off'],
      [`--b\r\n${head}\r\nX: ${'y'.repeat(5_000)}\r\n\r\nz\r\n--b--`, 'more than 4096 bytes'],
      [`--b\r\n${head}\r\n\r\nx\r\n--b\r\n`.repeat(21), 'more than 20 files'],
      ['--b--', 'names no boundary', 'multipart/form-data'],
    ]
    for (const [body, why, contentType] of broken) {
      const reply = await send(body, contentType)
      expectProblem(reply, 400, 'malformed-body')
      expect(reply.body.detail).toContain(why)
    }
    expectProblem(await send('{}', 'application/json'), 415, 'media-type-not-supported')
    expect(await list()).toEqual([])
  })
})

describe('quotas', () => {
  it('hold exactly under 50 parallel uploads', { timeout: 120_000 }, async () => {
    const bytes = 4 * 1024 * 1024
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        upload({ name: `${index}.bin`, bytes: Buffer.alloc(bytes, `${index} `) }),
      ),
    )
    const { body: usage } = await person.call('GET', '/v1/assets/usage')
    const { limits, ...used } = usage as AssetUsage
    const fitting = Math.floor(limits.bytes / bytes)
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(fitting)
    expect(used).toMatchObject({ bytes: fitting * bytes, files: fitting })
    const refused = replies.filter(({ status }) => status !== 201)
    for (const reply of refused) {
      expectProblem(reply, 403, 'quota-exceeded')
      expect(reply.body).toMatchObject({ quota: 'storage-bytes', limit: limits.bytes })
    }
  })
})

describe('reading', () => {
  const text = 'The quick brown fox jumps over the lazy dog'
  let asset: Asset
  const read = (headers: Record<string, string> = {}, method = 'GET', query = '') =>
    person.call(method, `/v1/assets/${asset.id}/content${query}`, { headers })
  beforeEach(async () => {
    asset = await uploadOne({ name: 'fox — 1.txt', bytes: text })
  })

  it('answers the bytes as a file to be saved, with nothing that could run', async () => {
    const reply = await read()
    expect(reply.status).toBe(200)
    expect(reply.text).toBe(text)
    const headers = Object.fromEntries(reply.headers)
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(text.length),
      'content-disposition':
        `attachment; filename="fox _ 1.txt"; ` + `filename*=UTF-8''fox%20%E2%80%94%201.txt`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
      'accept-ranges': 'bytes',
      etag: `"${asset.sha256}"`,
    })
    expect(headers['content-security-policy']).toContain('sandbox')
    const head = await read({}, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(String(text.length))
    expect(head.text).toBe('')
  })

  it('shows images in place, unless they are to be saved', async () => {
    asset = await uploadOne({ name: 'a.png', bytes: pngOf(2, 2) })
    expect((await read()).headers.get('content-disposition')).toBe('inline; filename="a.png"')
    const saved = await read({}, 'GET', '?download=true')
    expect(saved.headers.get('content-disposition')).toBe('attachment; filename="a.png"')
  })

  it('answers 304 to who has it already', async () => {
    const etag = `"${asset.sha256}"`
    for (const field of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const reply = await read({ 'if-none-match': field })
      expect(reply.status, field).toBe(304)
      expect(reply.headers.get('etag')).toBe(etag)
      expect(reply.text).toBe('')
    }
    expect((await read({ 'if-none-match': '"x"' })).status).toBe(200)
  })

  it('answers one range of bytes, and says which', async () => {
    const ranges = [
      ['bytes=4-8', 'quick', `bytes 4-8/${text.length}`],
      ['bytes=40-', 'dog', `bytes 40-42/${text.length}`],
      ['bytes=-3', 'dog', `bytes 40-42/${text.length}`],
    ]
    for (const [range = '', part, where] of ranges) {
      const reply = await read({ range })
      expect(reply.status, range).toBe(206)
      expect(reply.text).toBe(part)
      expect(reply.headers.get('content-range')).toBe(where)
      expect(reply.headers.get('content-length')).toBe(String(part?.length))
    }
    expect((await read({ range: 'bytes=0-2,40-' })).text).toBe(text)
    const beyond = await read({ range: 'bytes=43-' })
    expectProblem(beyond, 416, 'range-not-satisfiable')
    expect(beyond.headers.get('content-range')).toBe(`bytes */${text.length}`)
  })

  it('answers a range of what the reader has begun with, else the whole', async () => {
    const range = 'bytes=4-8'
    const same = await read({ range, 'if-range': `"${asset.sha256}"` })
    expect([same.status, same.text]).toEqual([206, 'quick'])
    for (const condition of ['"x"', `W/"${asset.sha256}"`, 'Wed, 21 Oct 2015 07:28:00 GMT']) {
      const other = await read({ range, 'if-range': condition })
      expect([other.status, other.text]).toEqual([200, text])
    }
  })
})

describe('lists', () => {
  it('are paged and filtered', async () => {
    const picture = await uploadOne({ name: 'a.png', bytes: pngOf(2, 2) })
    const [one, two] = [await uploadOne({ bytes: 'one' }), await uploadOne({ bytes: 'two' })]
    const first = (await person.call('GET', '/v1/assets?limit=2')).body
    expect(first.items).toEqual([two, one])
    expect(await list(`?limit=2&cursor=${first.nextCursor}`)).toEqual([picture])
    expect(await list('?type=image')).toEqual([picture])
    expect(await list('?type=text/plain')).toEqual([two, one])
    expect(await list(`?instanceId=${instanceId}`)).toHaveLength(3)
    expect(await list(`?instanceId=ins_${'0'.repeat(32)}`)).toEqual([])
    expect(await list('?unused=true')).toHaveLength(3)
    expect(await list('?unused=false')).toEqual([])
  })
})

describe('deleting', () => {
  it('hides the asset at once, in every form, and counts it as trash', async () => {
    const asset = await uploadOne({ bytes: 'gone' })
    expect((await person.call('DELETE', `/v1/assets/${asset.id}`)).status).toBe(204)
    for (const path of ['', '/content', '/links']) {
      expectProblem(await person.call('GET', `/v1/assets/${asset.id}${path}`), 404, 'not-found')
    }
    expectProblem(await person.call('DELETE', `/v1/assets/${asset.id}`), 404, 'not-found')
    expect(await list()).toEqual([])
    const { body } = await person.call('GET', '/v1/assets/usage')
    expect(body).toMatchObject({ bytes: 0, files: 0, trash: { bytes: 4, files: 1 }, byType: [] })
  })

  it('keeps bytes that another asset shares', async () => {
    const [one, two] = [await uploadOne({ bytes: 'same' }), await uploadOne({ bytes: 'same' })]
    await person.call('DELETE', `/v1/assets/${one.id}`)
    expect((await person.call('GET', `/v1/assets/${two.id}/content`)).text).toBe('same')
  })
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
