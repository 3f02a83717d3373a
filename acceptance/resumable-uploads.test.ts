import { beforeEach, describe, expect, inject, it } from 'vitest'
import { call, register, until, type Person } from './client.ts'
import { createLibrary, expectProblem, sha256, type Library } from './library.ts'
import { pngOf } from './pictures.ts'
import {
  checksumOf,
  createTusCalls,
  locationOf,
  metadataOf,
  mib,
  offsetOf,
  tusPath,
  type TusCalls,
} from './tus.ts'

let library: Library
let person: Person
let tus: TusCalls['tus']
let create: TusCalls['create']
let begin: TusCalls['begin']
let send: TusCalls['send']
let assetAt: TusCalls['assetAt']
beforeEach(async () => {
  library = await createLibrary()
  person = library.person
  ;({ tus, create, begin, send, assetAt } = createTusCalls(library))
})

/** Without a Consistency-Token: of 50 that wait for one read model at once, some are 503. */
const createBlindly = (length: number) =>
  call('POST', tusPath, {
    headers: {
      authorization: `Bearer ${person.tokens.accessToken}`,
      'tus-resumable': '1.0.0',
      'upload-length': String(length),
      'upload-metadata': metadataOf({ instanceId: library.instanceId }),
    },
  })

const usedBytes = async () => (await person.call('GET', '/v1/assets/usage')).body.bytes as number

describe('the protocol', () => {
  it('is described to whoever asks', async () => {
    const { status, headers } = await person.call('OPTIONS', tusPath)
    expect(status).toBe(204)
    expect(Object.fromEntries(headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,termination,checksum,expiration',
      'tus-max-size': String(5 * 1024 * mib),
      'tus-checksum-algorithm': 'sha256,sha1,md5',
    })
  })

  it('is one version, which every answer names', async () => {
    const url = await begin(10)
    for (const [method, place] of [
      ['POST', tusPath],
      ['HEAD', url],
      ['PATCH', url],
      ['DELETE', url],
    ] as const) {
      for (const version of ['0.2.2', '']) {
        const headers = { 'tus-resumable': version, 'upload-offset': '0' }
        const bytes = method === 'PATCH' ? Buffer.from('x') : undefined
        const reply = await tus(method, place, headers, bytes)
        expect([method, reply.status]).toEqual([method, 412])
        expect(reply.headers.get('tus-version')).toBe('1.0.0')
        expect(reply.headers.get('tus-resumable')).toBe('1.0.0')
      }
    }
    expect(offsetOf(await tus('HEAD', url))).toBe(0)
  })

  it('creates, takes pieces, and tells how far it has come and what was said of it', async () => {
    const metadata = { filename: 'Zdjęcie.txt', mine: 'anything' }
    const created = await create(10, metadata)
    expect(created.status).toBe(201)
    const url = locationOf(created)
    expect(url).toMatch(/^\/v1\/assets\/uploads\/ast_[0-9a-f]{32}$/)
    const expires = Date.parse(created.headers.get('upload-expires') ?? '')
    expect(expires).toBeGreaterThan(Date.now())

    const first = await send(url, 0, 'hello ')
    expect([first.status, offsetOf(first), first.text]).toEqual([204, 6, ''])
    expect(Date.parse(first.headers.get('upload-expires') ?? '')).toBe(expires)
    const { status, headers } = await tus('HEAD', url)
    expect(status).toBe(200)
    expect(Object.fromEntries(headers)).toMatchObject({
      'upload-offset': '6',
      'upload-length': '10',
      'upload-metadata': metadataOf({ instanceId: library.instanceId, ...metadata }),
      'cache-control': 'no-store',
    })
    const last = await send(url, 6, 'you.')
    expect([last.status, offsetOf(last)]).toEqual([204, 10])
    expect(last.headers.get('upload-expires')).toBeNull()
    expect(last.headers.get('consistency-token')).not.toBeNull()
    expect(await assetAt(url)).toMatchObject({
      id: url.split('/').at(-1),
      name: 'Zdjęcie.txt',
      mediaType: 'text/plain',
      sha256: sha256('hello you.'),
    })
    // Whoever did not get the answer asks again, and sends nothing.
    expect(offsetOf(await tus('HEAD', url))).toBe(10)
    expect(offsetOf(await send(url, 10, ''))).toBe(10)
    expectProblem(await send(url, 10, 'more'), 413, 'body-too-large')
    expectProblem(await tus('DELETE', url), 410, 'upload-ended')
  })

  it('takes a piece only where the last one ended, of its own media type', async () => {
    const url = await begin(10)
    await send(url, 0, 'abc')
    for (const offset of [0, 2, 4, 10]) {
      const reply = await send(url, offset, 'x')
      expectProblem(reply, 409, 'upload-offset-mismatch')
      expect(reply.body.offsetBytes).toBe(3)
    }
    expectProblem(
      await send(url, 3, 'x', { 'content-type': 'text/plain' }),
      415,
      'media-type-not-supported',
    )
    for (const offset of ['', '-1', '3.0', '1e1', '0x3']) {
      expectProblem(await send(url, 3, 'x', { 'upload-offset': offset }), 400, 'malformed-request')
    }
    expect(offsetOf(await tus('HEAD', url))).toBe(3)
  })

  it('takes no more than was announced', async () => {
    const url = await begin(10)
    expectProblem(await send(url, 0, 'x'.repeat(11)), 413, 'body-too-large')
    expect(offsetOf(await tus('HEAD', url))).toBe(0)
    const response = await fetch(`${inject('atrium').url}${url}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${person.tokens.accessToken}`,
        'tus-resumable': '1.0.0',
        'content-type': 'application/offset+octet-stream',
        'upload-offset': '0',
      },
      body: ReadableStream.from([Buffer.from('12345678'), Buffer.from('901')]),
      duplex: 'half',
    })
    expect(response.status).toBe(413)
    expect(await person.call('GET', `/v1/assets/${url.split('/').at(-1)}`)).toMatchObject({
      status: 404,
    })
  })

  it('needs a length, a number, and an instance', async () => {
    const metadata = { 'upload-metadata': metadataOf({ instanceId: library.instanceId }) }
    for (const length of [undefined, '', '-1', '1.5', 'ten', '9'.repeat(16)]) {
      const given = length === undefined ? {} : { 'upload-length': length }
      const reply = await tus('POST', tusPath, { ...metadata, ...given })
      expectProblem(reply, 400, 'malformed-request')
    }
    const deferred = { ...metadata, 'upload-defer-length': '1' }
    expectProblem(await tus('POST', tusPath, deferred), 400, 'malformed-request')
    const nowhere = await tus('POST', tusPath, { 'upload-length': '1' })
    expectProblem(nowhere, 422, 'validation-failed')
    const large = await create(5 * 1024 * mib + 1)
    expectProblem(large, 413, 'file-too-large')
  })

  it('refuses metadata that is broken, and makes a name of what is only hostile', async () => {
    for (const text of ['filename !!', 'filename YQ== b', ',', 'a YQ==,a YQ==']) {
      const headers = { 'upload-length': '1', 'upload-metadata': text }
      expectProblem(await tus('POST', tusPath, headers), 400, 'malformed-request')
    }
    for (const [filename, name] of [
      ['../../etc/passwd', 'passwd'],
      ['a\u0000b\r\nc.txt', 'abc.txt'],
      ['C:\\x\\..', 'unnamed'],
    ] as const) {
      const url = await begin(1, { filename })
      await send(url, 0, 'x')
      expect(await assetAt(url)).toMatchObject({ name })
    }
    for (const id of ['\u0000', 'x'.repeat(500), '../..', "' or 1=1"]) {
      expectProblem(await create(1, { instanceId: id }), 404, 'not-found')
      expectProblem(await create(1, { projectId: id }), 404, 'not-found')
    }
  })

  it('counts a piece only where its checksum fits', async () => {
    const url = await begin(11)
    const wrong = await send(url, 0, 'hello ', { 'upload-checksum': checksumOf('sha1', 'hallo ') })
    expectProblem(wrong, 460, 'checksum-mismatch')
    expect(offsetOf(await tus('HEAD', url))).toBe(0)
    const unknown = await send(url, 0, 'hello ', { 'upload-checksum': 'crc32 AAAAAA==' })
    expectProblem(unknown, 400, 'malformed-request')
    for (const [offset, bytes, algorithm] of [
      [0, 'hel', 'sha1'],
      [3, 'lo ', 'md5'],
      [6, 'world', 'sha256'],
    ] as const) {
      const headers = { 'upload-checksum': checksumOf(algorithm, bytes) }
      expect((await send(url, offset, bytes, headers)).status).toBe(204)
    }
    expect(await assetAt(url)).toMatchObject({ sha256: sha256('hello world') })
    const large = await begin(6 * mib)
    const bytes = Buffer.alloc(5 * mib)
    const headers = { 'upload-checksum': checksumOf('sha1', bytes) }
    expectProblem(await send(large, 0, bytes, headers), 413, 'body-too-large')
  })
})

describe('what is sent', () => {
  it('is looked at by its first bytes, and refused with them; then nothing of it is left', async () => {
    const created = await person.call('POST', `/v1/instances/${library.instanceId}/projects`, {
      body: { name: 'Plan', kind: 'plain', content: {} },
    })
    const projectId = created.body.id as string
    await until(
      () => create(10, { projectId }),
      ({ status }) => status === 201,
    )
    expectProblem(await create(600 * 1024, { projectId }), 413, 'file-too-large')
    const before = await usedBytes()
    const text = await begin(500_000, { projectId })
    const refused = await send(text, 0, 'plain text '.repeat(1_000))
    expectProblem(refused, 415, 'media-type-not-allowed')
    const again = await send(text, 0, 'x')
    expectProblem(again, 410, 'upload-ended')
    expect(again.body).toMatchObject({ reason: 'refused', because: 'media-type-not-allowed' })
    expect((await tus('HEAD', text)).status).toBe(410)

    const large = await begin(40 * mib)
    const long = Buffer.concat([pngOf(9, 9), Buffer.alloc(5_000)])
    expectProblem(await send(large, 0, long), 413, 'file-too-large')
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
    const active = await begin(svg.length)
    expectProblem(await send(active, 0, svg), 422, 'svg-active')
    const broken = pngOf(9, 9).subarray(0, 60)
    expectProblem(await send(await begin(broken.length), 0, broken), 422, 'image-invalid')
    expect(await usedBytes()).toBe(before)

    const picture = pngOf(30, 20)
    const url = await begin(picture.length, { projectId, filename: 'a.png' })
    await send(url, 0, picture)
    expect(await assetAt(url)).toMatchObject({ mediaType: 'image/png', width: 30, height: 20 })
    expect(await library.list(`?projectId=${projectId}`)).toHaveLength(1)
  })

  it('is there for its owner alone', async () => {
    const url = await begin(10)
    const stranger = await register()
    for (const [method, bytes] of [
      ['HEAD', undefined],
      ['PATCH', Buffer.from('x')],
      ['DELETE', undefined],
    ] as const) {
      const reply = await stranger.call(method, url, {
        ...(bytes ? { bytes } : {}),
        headers: {
          'tus-resumable': '1.0.0',
          'upload-offset': '0',
          ...(bytes ? { 'content-type': 'application/offset+octet-stream' } : {}),
        },
      })
      expect([method, reply.status]).toEqual([method, 404])
    }
    expect((await send(url, 0, 'abc')).status).toBe(204)
  })

  it(
    'is reserved in full when it begins, exactly under 50 creations at once',
    { timeout: 120_000 },
    async () => {
      const { body } = await person.call('GET', '/v1/assets/usage')
      const { limits, bytes: used } = body as { limits: { bytes: number }; bytes: number }
      const each = 7 * mib
      const fitting = Math.floor((limits.bytes - used) / each)
      const replies = await Promise.all(Array.from({ length: 50 }, () => createBlindly(each)))
      const begun = replies.filter(({ status }) => status === 201)
      expect(begun).toHaveLength(fitting)
      for (const reply of replies.filter(({ status }) => status !== 201)) {
        expectProblem(reply, 403, 'quota-exceeded')
      }
      // What is given up makes room at once.
      expect((await tus('DELETE', begun.map(locationOf)[0] ?? '')).status).toBe(204)
      expect((await create(each)).status).toBe(201)
      expectProblem(await create(each), 403, 'quota-exceeded')
    },
  )
})
