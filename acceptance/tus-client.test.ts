import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { Upload, type UploadOptions } from 'tus-js-client'
import { until } from './client.ts'
import { createLibrary, expectProblem, sha256, type Library } from './library.ts'
import { createTusCalls, mib, offsetOf, tusPath, type TusCalls } from './tus.ts'

// The client of the tus project itself, unchanged, through the gateway.

let library: Library
let calls: TusCalls
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'atrium-tus-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  library = await createLibrary()
  calls = createTusCalls(library)
})

const options = (): UploadOptions => ({
  endpoint: `${inject('atrium').url}${tusPath}`,
  headers: { authorization: `Bearer ${library.person.tokens.accessToken}` },
  metadata: { filename: 'large — 1.bin', instanceId: library.instanceId, filetype: 'video/mp4' },
  retryDelays: [0, 50, 200],
})

const upload = async (file: ConstructorParameters<typeof Upload>[0], more: UploadOptions = {}) => {
  const done = Promise.withResolvers<void>()
  const each = new Upload(file, {
    ...options(),
    ...more,
    onSuccess: () => done.resolve(),
    onError: (error) => done.reject(error),
  })
  each.start()
  await done.promise
  return each
}

it('uploads a large file in pieces of its own size, pauses, and goes on', async () => {
  const bytes = randomBytes(48 * mib)
  const file = path.join(folder, 'large.bin')
  await writeFile(file, bytes)
  const done = Promise.withResolvers<void>()
  const paused = Promise.withResolvers<void>()
  const pieces: number[] = []
  const each = new Upload(createReadStream(file), {
    ...options(),
    chunkSize: 5 * mib,
    onChunkComplete: (size, accepted) => {
      pieces.push(size)
      if (accepted === 20 * mib) void each.abort().then(paused.resolve)
    },
    onSuccess: () => done.resolve(),
    onError: (error) => done.reject(error),
  })
  each.start()
  await paused.promise
  const url = new URL(each.url ?? '').pathname
  expect(offsetOf(await calls.tus('HEAD', url))).toBeGreaterThanOrEqual(20 * mib)
  expect((await library.person.call('GET', `/v1/assets/${url.split('/').at(-1)}`)).status).toBe(404)
  each.start()
  await done.promise
  expect(pieces.length).toBeGreaterThanOrEqual(9)
  const asset = await until(
    () => calls.assetAt(url),
    (found) => found?.id !== undefined,
  )
  expect(asset).toMatchObject({
    name: 'large — 1.bin',
    mediaType: 'application/octet-stream',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  const content = await library.person.call('GET', `/v1/assets/${asset.id}/content`)
  expect(content.bytes.equals(bytes)).toBe(true)
})

it('uploads in one piece, with the creation, and what is empty', async () => {
  for (const [bytes, more] of [
    [randomBytes(3 * mib), {}],
    [randomBytes(2 * mib), { uploadDataDuringCreation: true }],
    [Buffer.alloc(0), {}],
  ] as const) {
    const { url } = await upload(bytes, more)
    const asset = await until(
      () => calls.assetAt(new URL(url ?? '').pathname),
      (found) => 'id' in found,
    )
    expect(asset).toMatchObject({ sizeBytes: bytes.length, sha256: sha256(bytes) })
  }
})

it('goes on with an upload that another client began', async () => {
  const bytes = randomBytes(6 * mib)
  const url = await calls.begin(bytes.length)
  await calls.send(url, 0, bytes.subarray(0, 4_000_001))
  await upload(bytes, { uploadUrl: `${inject('atrium').url}${url}` })
  expect(await calls.assetAt(url)).toMatchObject({ sha256: sha256(bytes) })
})

it('terminates, and is told what is refused', async () => {
  const url = await calls.begin(100)
  await Upload.terminate(`${inject('atrium').url}${url}`, options())
  expectProblem(await calls.send(url, 0, 'x'), 410, 'upload-ended')
  const refused = await upload(Buffer.alloc(2 ** 20), {
    metadata: { instanceId: `ins_${'0'.repeat(32)}` },
  }).catch((error: unknown) => error)
  expect(String(refused)).toContain('response code: 404')
})
