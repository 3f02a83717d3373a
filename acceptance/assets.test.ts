import type { Asset, AssetUsage } from '@atrium/contracts/assets/http.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { register } from './client.ts'
import { createLibrary, expectProblem, formOf, sha256, type Library } from './library.ts'
import { pngOf } from './pictures.ts'

let person: Library['person']
let instanceId: string
let upload: Library['upload']
let uploadOne: Library['uploadOne']
let list: Library['list']
beforeEach(async () => {
  ;({ person, instanceId, upload, uploadOne, list } = await createLibrary())
})

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
