import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { register, until, type Person, type Reply } from './client.ts'
import { pngOf } from './pictures.ts'

let person: Person
let instanceId: string
beforeAll(async () => {
  person = await register()
  const { body } = await person.call('GET', '/v1/instances')
  instanceId = body.items[0].id as string
  await person.call('GET', '/v1/assets') // waits until the instance has its storage
})

let folders = 0
/** A folder of each test's own. */
const newFolder = () => `folder ${(folders += 1)}`
const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/')
const at = (path: string) => `/v1/instances/${instanceId}/files/${encoded(path)}`
const put = (path: string, content: string | Buffer, headers = {}, who = person) =>
  who.call('PUT', at(path), {
    bytes: Buffer.from(content),
    headers: { 'content-type': 'application/octet-stream', ...headers },
  })
const get = (path: string, headers = {}, who = person) => who.call('GET', at(path), { headers })
const post = (what: string, body: object, who = person) =>
  who.call('POST', `/v1/instances/${instanceId}/files-${what}`, { body })
const paths = async (path: string, query = '') => {
  const { body } = await person.call('GET', `${at(path)}${query}`)
  return (body.items as { path: string }[]).map((item) => item.path)
}
const code = ({ status, body }: Reply) => [
  status,
  body?.code,
  body?.rule ?? body?.errors?.[0]?.code,
]
const sha256 = (bytes: string) => createHash('sha256').update(bytes).digest('hex')

describe('a file', () => {
  it('is written, read, and written again', async () => {
    const folder = newFolder()
    const created = await put(`${folder}/notes.txt`, 'first')
    expect(created.status, created.text).toBe(201)
    expect(created.body).toEqual({
      path: `${folder}/notes.txt`,
      kind: 'file',
      mediaType: 'text/plain',
      sizeBytes: 5,
      sha256: sha256('first'),
      assetId: expect.stringMatching(/^ast_/) as string,
      version: 1,
    })
    const asset = await person.call('GET', `/v1/assets/${created.body.assetId}`)
    expect(asset.body).toMatchObject({ name: 'notes.txt', sizeBytes: 5 })
    const read = await get(`${folder}/notes.txt`)
    expect([read.status, read.text]).toEqual([200, 'first'])
    expect(read.headers.get('etag')).toBe(`"${sha256('first')}"`)
    expect(read.headers.get('x-content-type-options')).toBe('nosniff')

    const replaced = await put(`${folder}/notes.txt`, 'second', { 'if-match': '"1"' })
    expect([replaced.status, replaced.headers.get('etag')]).toEqual([200, '"2"'])
    expect((await get(`${folder}/notes.txt`)).text).toBe('second')
    const stale = await put(`${folder}/notes.txt`, 'third', { 'if-match': '"1"' })
    expect(code(stale).slice(0, 2)).toEqual([409, 'version-conflict'])
    const again = await put(`${folder}/notes.txt`, 'third', { 'if-none-match': '*' })
    expect(code(again)).toEqual([409, 'file-conflict', 'exists'])
  })

  it('is read by ranges and entity tags, and asked for without its bytes', async () => {
    const path = `${newFolder()}/a.bin`
    await put(path, '0123456789')
    const part = await get(path, { range: 'bytes=2-4' })
    expect([part.status, part.text]).toEqual([206, '234'])
    expect(part.headers.get('content-range')).toBe('bytes 2-4/10')
    const known = await get(path, { 'if-none-match': `"${sha256('0123456789')}"` })
    expect([known.status, known.text]).toEqual([304, ''])
    const head = await person.call('HEAD', at(path))
    expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, '10', ''])
  })

  it('may be empty, large, and a picture, whose bytes are looked at', async () => {
    const folder = newFolder()
    expect((await put(`${folder}/empty`, '')).status).toBe(201)
    const large = Buffer.alloc(5_000_000, 'large ')
    expect((await put(`${folder}/large`, large)).status).toBe(201)
    expect((await get(`${folder}/large`)).bytes.equals(large)).toBe(true)
    expect((await put(`${folder}/a.txt`, pngOf(3, 3))).body).toMatchObject({
      mediaType: 'image/png',
    })
    const active = '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
    expect(code(await put(`${folder}/a.svg`, active))).toEqual([
      422,
      'svg-active',
      'active-element',
    ])
    expect(await paths(folder)).toEqual([`${folder}/a.txt`, `${folder}/empty`, `${folder}/large`])
  })

  it('counts in the quota until it is deleted, and what it was before does not', async () => {
    const path = `${newFolder()}/a.bin`
    const bytes = async () => (await person.call('GET', '/v1/assets/usage')).body.bytes as number
    const before = await bytes()
    await put(path, 'x'.repeat(1_000))
    await put(path, 'y'.repeat(3_000))
    expect(await bytes()).toBe(before + 3_000)
    await person.call('DELETE', at(path))
    expect(await bytes()).toBe(before)
  })

  it('is no asset that can be deleted behind its back', async () => {
    const path = `${newFolder()}/a.bin`
    await put(path, 'content of its own')
    const { body } = await person.call('GET', '/v1/assets')
    const [asset] = body.items as { id: string }[]
    const reply = await person.call('DELETE', `/v1/assets/${asset?.id}`)
    expect(code(reply).slice(0, 2)).toEqual([409, 'asset-in-use'])
    expect((await get(path)).status).toBe(200)
  })
})

describe('a folder', () => {
  it('is listed with a slash behind it and without, the top as well', async () => {
    const folder = newFolder()
    const { assetId } = (await put(`${folder}/a.txt`, 'a')).body as { assetId: string }
    const plain = await get(folder)
    expect(plain.body.items).toMatchObject([{ path: `${folder}/a.txt`, assetId }])
    expect((await person.call('GET', `${at(folder)}/`)).body).toEqual(plain.body)
    const file = await person.call('GET', `${at(`${folder}/a.txt`)}/`)
    expect(file.status).toBe(404)
    const top = await person.call('GET', `/v1/instances/${instanceId}/files?limit=100&depth=2`)
    expect(top.status, top.text).toBe(200)
    expect(top.body).toEqual((await person.call('GET', `${at('')}?limit=100&depth=2`)).body)
    expect((top.body.items as { path: string }[]).map(({ path }) => path)).toContain(
      `${folder}/a.txt`,
    )
    const stranger = await register()
    const theirs = await stranger.call('GET', `/v1/instances/${instanceId}/files`)
    expect(theirs.status).toBe(404)
  })
})

describe('a path', () => {
  it.each([
    ['..%2f..%2fetc%2fpasswd', 'dot-segment'],
    ['a%2f%2e%2e%2fb', 'dot-segment'],
    ['a%2F%2E%2Fb', 'dot-segment'],
    ['a%2f%2fb', 'empty-segment'],
    ['a%0ab', 'control-character'],
    ['%E2%80%AEexe.txt', 'control-character'],
    ['a%5C..%5Cb', 'backslash'],
    ['%252e%252e%252fb', 'double-encoding'],
    ['%20a', 'edge-space'],
    ['x'.repeat(256), 'name-too-long'],
    [Array.from({ length: 33 }, () => 'a').join('%2f'), 'too-deep'],
  ])('%s is 422 and names the rule', async (path, rule) => {
    const url = `/v1/instances/${instanceId}/files/${path}`
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const bytes = method === 'PUT' ? { bytes: Buffer.from('x') } : {}
      const reply = await person.call(method, url, bytes)
      expect(code(reply), method).toEqual([422, 'validation-failed', rule])
    }
  })

  it('is the same in every Unicode form, encoded or not', async () => {
    const folder = newFolder()
    await put(`${folder}/Zażółć 日記.txt`.normalize('NFD'), 'content')
    expect((await get(`${folder}/Zażółć 日記.txt`.normalize('NFC'))).text).toBe('content')
    expect(await paths(folder)).toEqual([`${folder}/Zażółć 日記.txt`.normalize('NFC')])
    const slash = `/v1/instances/${instanceId}/files/${encodeURIComponent(`${folder}/a/b.txt`)}`
    await person.call('PUT', slash, { bytes: Buffer.from('x') })
    expect((await get(`${folder}/a/b.txt`)).text).toBe('x')
  })
})

describe('a folder', () => {
  it('is listed by the bytes of its names, page by page, and as deep as asked', async () => {
    const folder = newFolder()
    for (const name of ['b', 'a', 'B', 'sub/x', 'sub/deep/y']) await put(`${folder}/${name}`, name)
    const here = (names: string[]) => names.map((name) => `${folder}/${name}`)
    expect(await paths(folder)).toEqual(here(['B', 'a', 'b', 'sub']))
    expect(await paths(folder, '?depth=2')).toEqual(
      here(['B', 'a', 'b', 'sub', 'sub/deep', 'sub/x']),
    )
    const found: string[] = []
    let query = '?depth=16&limit=2'
    for (let pages = 0; pages < 10 && query !== ''; pages += 1) {
      const { body } = await person.call('GET', `${at(folder)}${query}`)
      found.push(...(body.items as { path: string }[]).map(({ path }) => path))
      query = body.nextCursor === null ? '' : `?depth=16&limit=2&cursor=${body.nextCursor}`
    }
    expect(found).toEqual(here(['B', 'a', 'b', 'sub', 'sub/deep', 'sub/deep/y', 'sub/x']))
  })

  it('is created empty, once', async () => {
    const folder = newFolder()
    const reply = await post('folders', { path: `${folder}/empty` })
    expect([reply.status, reply.body.kind]).toEqual([201, 'folder'])
    expect((await post('folders', { path: `${folder}/empty` })).status).toBe(201)
    expect(await paths(`${folder}/empty`)).toEqual([])
    expect(code(await put(`${folder}/empty`, 'x'))).toEqual([409, 'file-conflict', 'is-a-folder'])
    await put(`${folder}/file`, 'x')
    expect(code(await put(`${folder}/file/below`, 'x'))).toEqual([
      409,
      'file-conflict',
      'is-a-file',
    ])
    expect(code(await post('folders', { path: `${folder}/file` }))).toEqual([
      409,
      'file-conflict',
      'is-a-file',
    ])
  })

  it('is moved with everything below it', async () => {
    const [folder, other] = [newFolder(), newFolder()]
    await put(`${folder}/a/x.txt`, 'x')
    await put(`${folder}/a/b/y.txt`, 'y')
    const moved = await post('move', { from: `${folder}/a`, to: `${other}/new/place` })
    expect(moved.status, moved.text).toBe(200)
    expect((await get(`${other}/new/place/b/y.txt`)).text).toBe('y')
    expect((await get(`${folder}/a/x.txt`)).status).toBe(404)
    const into = await post('move', { from: other, to: `${other}/new/inside` })
    expect(code(into)).toEqual([409, 'file-conflict', 'into-itself'])
    await put(`${folder}/taken`, 't')
    const taken = await post('move', { from: `${other}/new`, to: `${folder}/taken` })
    expect(code(taken)).toEqual([409, 'file-conflict', 'exists'])
    const none = await post('move', { from: `${folder}/none`, to: `${folder}/some` })
    expect(none.status).toBe(404)
    expect(code(await post('move', { from: '../a', to: 'b' }))).toEqual([
      422,
      'validation-failed',
      'dot-segment',
    ])
  })

  it('is copied with everything below it, and the two are then two', async () => {
    const folder = newFolder()
    await put(`${folder}/a/x.txt`, 'x')
    await put(`${folder}/a/b/y.txt`, 'y')
    const copied = await post('copy', { from: `${folder}/a`, to: `${folder}/copy` })
    expect(copied.status, copied.text).toBe(201)
    const single = await post('copy', { from: `${folder}/a/x.txt`, to: `${folder}/z.txt` })
    expect(single.body).toMatchObject({ kind: 'file', sizeBytes: 1 })
    await person.call('DELETE', at(`${folder}/a`))
    expect((await get(`${folder}/copy/b/y.txt`)).text).toBe('y')
    expect((await get(`${folder}/z.txt`)).text).toBe('x')
    const again = await post('copy', { from: `${folder}/copy`, to: `${folder}/z.txt` })
    expect(code(again)).toEqual([409, 'file-conflict', 'exists'])
  })

  it('is deleted with everything below it', async () => {
    const folder = newFolder()
    await put(`${folder}/a/x.txt`, 'x')
    expect((await person.call('DELETE', at(folder))).status).toBe(204)
    expect((await get(`${folder}/a/x.txt`)).status).toBe(404)
    expect((await get(folder)).status).toBe(404)
    expect((await person.call('DELETE', at(folder))).status).toBe(404)
  })
})

describe('others', () => {
  it('see nothing but what is shared with them, for as long, and what is public', async () => {
    const folder = newFolder()
    await put(`${folder}/shared/x.txt`, 'x')
    await put(`${folder}/kept.txt`, 'kept')
    const guest = await register()
    const userId = guest.tokens.user.id
    const read = (path: string) => get(path, {}, guest)
    // The guest has no token that says how fresh the answer must be.
    const comes = async (ask: () => Promise<Reply>, status: number) => {
      const reply = await until(ask, (each) => each.status === status)
      expect(reply.status, reply.text).toBe(status)
      return reply
    }
    const comesToRead = (status: number) => comes(() => read(`${folder}/shared/x.txt`), status)
    const shares = `/v1/instances/${instanceId}/files-shares`
    expect((await read(`${folder}/shared/x.txt`)).status).toBe(404)

    const share = (access: string, more = {}) =>
      post('shares', { path: `${folder}/shared`, userId, access, ...more })
    expect((await share('read')).status).toBe(201)
    expect((await comesToRead(200)).text).toBe('x')
    expect((await read(`${folder}/kept.txt`)).status).toBe(404)
    expect((await read(folder)).status).toBe(404)
    const denied = await put(`${folder}/shared/y.txt`, 'y', {}, guest)
    expect(code(denied).slice(0, 2)).toEqual([403, 'permission-denied'])

    const found = await guest.call('GET', '/v1/files-shared')
    expect(found.body).toEqual({
      items: [
        {
          instanceId,
          ownerId: person.tokens.user.id,
          path: `${folder}/shared`,
          kind: 'folder',
          access: 'read',
          sharedAt: expect.any(String) as string,
        },
      ],
      nextCursor: null,
    })
    expect((await person.call('GET', '/v1/files-shared')).body.items).toEqual([])

    await share('write')
    await comes(() => put(`${folder}/shared/y.txt`, 'y', {}, guest), 201)
    expect((await comes(() => get(`${folder}/shared/y.txt`), 200)).text).toBe('y')
    const out = await post('move', { from: `${folder}/shared/y.txt`, to: 'y.txt' }, guest)
    expect(out.status).toBe(404)
    const listed = await person.call(
      'GET',
      `${shares}?path=${encodeURIComponent(`${folder}/shared`)}`,
    )
    expect(listed.body.items).toEqual([{ userId, access: 'write' }])
    expect((await guest.call('GET', `${shares}?path=${folder}`)).status).toBe(404)

    await share('read', { expiresAt: new Date(Date.now() + 2_000).toISOString() })
    await comesToRead(404)
    expect((await guest.call('GET', '/v1/files-shared')).body.items).toEqual([])
    await share('read')
    await comesToRead(200)
    const query = `path=${encodeURIComponent(`${folder}/shared`)}&userId=${userId}`
    expect((await person.call('DELETE', `${shares}?${query}`)).status).toBe(204)
    await comesToRead(404)

    const publish = { body: { isPublic: true, metadata: { colour: 'red' } } }
    expect((await person.call('PATCH', at(`${folder}/shared`), publish)).status).toBe(200)
    await comesToRead(200)
    const { body } = await person.call('GET', at(folder))
    expect(body.items[1]).toMatchObject({ isPublic: true, metadata: { colour: 'red' } })
    expect((await guest.call('DELETE', at(`${folder}/shared`))).status).toBe(403)
  })

  it('find what is shared with them, page by page, wherever it is moved', async () => {
    const folder = newFolder()
    const guest = await register()
    const userId = guest.tokens.user.id
    for (const name of ['a', 'b', 'c']) {
      await put(`${folder}/deep/${name}.txt`, name)
      const path = `${folder}/deep/${name}.txt`
      expect((await post('shares', { path, userId, access: 'read' })).status).toBe(201)
    }
    await post('move', { from: `${folder}/deep`, to: `${folder}/elsewhere` })
    const shared = (query: string) => guest.call('GET', `/v1/files-shared${query}`)
    const ready = await until(
      () => shared(''),
      ({ text }) => text.split('/elsewhere/').length === 4,
    )
    const expected = ['c', 'b', 'a'].map((name) => `${folder}/elsewhere/${name}.txt`)
    expect((ready.body.items as { path: string }[]).map(({ path }) => path)).toEqual(expected)
    expect(ready.body.items[0]).toMatchObject({
      kind: 'file',
      mediaType: 'text/plain',
      sizeBytes: 1,
    })
    const first = (await shared('?limit=2')).body
    const rest = (await shared(`?limit=2&cursor=${first.nextCursor}`)).body
    const all = [...first.items, ...rest.items] as { path: string }[]
    expect(all.map(({ path }) => path)).toEqual(expected)
    expect(rest.nextCursor).toBeNull()
    expect((await get(expected[0] ?? '', {}, guest)).text).toBe('c')
  })

  it.each([
    ['/metadata/Colour', 'unknown-field', { Colour: 'red' }],
    ['/metadata/colour', 'too-long', { colour: 'x'.repeat(1_001) }],
    ['/metadata/colour', 'wrong-type', { colour: 7 }],
    [
      '/metadata',
      'too-many',
      Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`n${n}`, ''])),
    ],
  ])('refuses notes that are none, at %s: %s', async (pointer, fault, metadata) => {
    const reply = await person.call('PATCH', at('anything'), { body: { metadata } })
    expect(reply.status).toBe(422)
    expect(reply.body.errors).toMatchObject([{ pointer, code: fault }])
  })
})
