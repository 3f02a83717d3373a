import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chunksOf, get, isSame, newKey, noise, put, text } from '../conformance/bench.ts'
import { openLocalBlobStore } from '../local/store.ts'
import { BlobDamaged, type BlobKey, blobKey, type BlobStore } from '../port.ts'
import { rewrapDataKeys } from './data-keys.ts'
import { frameBytes } from './frames.ts'
import { createMasterKey } from './master-key.ts'
import { createSealedBlobStore } from './store.ts'

const newMasterKey = () => createMasterKey(randomBytes(32).toString('base64url'))
const masterKey = newMasterKey()
const state: { folder: string; inner?: BlobStore } = { folder: '' }
const innerStore = () => {
  if (!state.inner) throw new Error('Not open yet')
  return state.inner
}
const sealed = (masterKeys = [masterKey], compress = false) =>
  createSealedBlobStore(innerStore(), { masterKeys, compress })

beforeAll(async () => {
  state.folder = await mkdtemp(join(tmpdir(), 'atrium-sealed-'))
  state.inner = await openLocalBlobStore(state.folder)
})
afterAll(() => rm(state.folder, { recursive: true }))

/** Where the folder has the sealed blob of a key. */
async function fileOf(key: BlobKey) {
  const names = await readdir(join(state.folder, 'blobs'), { recursive: true })
  const name = names.find((each) => each.endsWith(key.split('/').at(-1) ?? key))
  if (name === undefined) throw new Error(`No file of ${key}`)
  return join(state.folder, 'blobs', name)
}

describe('what lies on the disk', () => {
  test('is nothing of what was written, also while it is staged', async () => {
    const secret = 'the combination of the safe is 4711'
    const store = sealed()
    await put(store, newKey(), Buffer.from(secret.repeat(10_000)))
    const stage = await store.stage(newKey(), { resumable: true })
    await stage.append(0, [Buffer.from(secret.repeat(10_000))])
    const files = await readdir(state.folder, { recursive: true, withFileTypes: true })
    const kept = files.filter((file) => file.isFile())
    expect(kept.length).toBeGreaterThan(3)
    for (const file of kept) {
      const bytes = await readFile(join(file.parentPath, file.name))
      expect(bytes.includes(secret), file.name).toBe(false)
    }
  })

  test('is different for the same bytes of another tenant', async () => {
    const store = sealed()
    const [one, other] = [newKey('one'), newKey('other')]
    for (const key of [one, other]) await put(store, key, text(1_000))
    const files = [await readFile(await fileOf(one)), await readFile(await fileOf(other))]
    expect(files[0]?.equals(files[1] ?? Buffer.alloc(0))).toBe(false)
  })

  test('is small where the bytes are alike, and hardly larger where they are not', async () => {
    const store = sealed([masterKey], true)
    const [words, random] = [newKey(), newKey()]
    await put(store, words, text(1_000_000))
    await put(store, random, noise(1_000_000))
    expect((await readFile(await fileOf(words))).length).toBeLessThan(50_000)
    expect((await readFile(await fileOf(random))).length).toBeLessThan(1_001_000)
  })
})

describe('a blob that was changed on the disk', () => {
  const size = 3 * frameBytes + 5_000

  test.each([
    ['encrypted', [masterKey]],
    ['with checksums alone', []],
  ])('is noticed, wherever one byte of it is another, %s', async (_how, masterKeys) => {
    const key = newKey()
    await put(sealed(masterKeys), key, noise(size))
    const file = await fileOf(key)
    const whole = await readFile(file)
    for (let n = 0; n < 120; n += 1) {
      // Spread over the frames, and each of the last hundred bytes: the index and the foot.
      const at = n < 20 ? Math.floor((n * whole.length) / 20) : whole.length - n + 19
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      await writeFile(file, changed)
      await expect(get(sealed(masterKeys), key), `byte ${at}`).rejects.toThrow(BlobDamaged)
    }
    await writeFile(file, whole)
    expect(isSame(await get(sealed(masterKeys), key), noise(size))).toBe(true)
  })

  test('is noticed where it is cut off, whatever range is asked for', async () => {
    const key = newKey()
    await put(sealed(), key, noise(size))
    const file = await fileOf(key)
    const whole = await readFile(file)
    for (const length of [0, 10, frameBytes, 2 * (frameBytes + 29), whole.length - 1]) {
      await writeFile(file, whole)
      await truncate(file, length)
      const first = get(sealed(), key, { start: 0, end: 10 })
      await expect(first, `${length} bytes`).rejects.toThrow(BlobDamaged)
    }
  })

  test('is noticed where its frames change places, or come from another blob', async () => {
    const [key, other] = [newKey(), newKey()]
    for (const each of [key, other]) await put(sealed(), each, noise(size))
    const file = await fileOf(key)
    const whole = await readFile(file)
    const stored = frameBytes + 29
    const frames = [whole.subarray(0, stored), whole.subarray(stored, 2 * stored)]
    const swapped = [...frames.toReversed(), whole.subarray(2 * stored)]
    await writeFile(file, Buffer.concat(swapped))
    await expect(get(sealed(), key)).rejects.toThrow(BlobDamaged)
    const foreign = await readFile(await fileOf(other))
    await writeFile(file, Buffer.concat([foreign.subarray(0, stored), whole.subarray(stored)]))
    await expect(get(sealed(), key)).rejects.toThrow(BlobDamaged)
    await writeFile(file, foreign)
    await expect(get(sealed(), key)).rejects.toThrow(BlobDamaged)
  })
})

test('a range reads no frames but those that it touches', async () => {
  const key = newKey()
  const bytes = noise(20 * frameBytes)
  await put(sealed(), key, bytes)
  const file = await fileOf(key)
  const whole = await readFile(file)
  const stored = frameBytes + 29
  // Whatever it does not touch may be anything.
  whole.fill(0, 0, 5 * stored)
  whole.fill(0, 7 * stored, 20 * stored)
  await writeFile(file, whole)
  const range = { start: 5 * frameBytes + 7, end: 6 * frameBytes + 9 }
  expect(isSame(await get(sealed(), key, range), bytes.subarray(range.start, range.end))).toBe(true)
})

describe('the master key', () => {
  test('opens nothing of another one', async () => {
    const key = newKey('locked')
    await put(sealed(), key, noise(10))
    await expect(get(sealed([newMasterKey()]), key)).rejects.toThrow(/not configured/)
    await expect(get(sealed([]), key)).rejects.toThrow(BlobDamaged)
  })

  test('can be changed: afterwards the old one is not needed, and the blobs are as they were', async () => {
    const next = newMasterKey()
    const key = newKey('moving')
    await put(sealed(), key, noise(100_000))
    const before = await readFile(await fileOf(key))
    expect(isSame(await get(sealed([next, masterKey]), key), noise(100_000))).toBe(true)
    expect(await rewrapDataKeys(innerStore(), [next, masterKey])).toBeGreaterThan(0)
    expect(await rewrapDataKeys(innerStore(), [next, masterKey])).toBe(0)
    expect(isSame(await get(sealed([next]), key), noise(100_000))).toBe(true)
    await expect(get(sealed(), key)).rejects.toThrow(BlobDamaged)
    expect(before.equals(await readFile(await fileOf(key)))).toBe(true)
    await rewrapDataKeys(innerStore(), [masterKey, next]) // for the tests that follow
  })

  test('has to be 32 bytes', () => {
    expect(() => createMasterKey('short')).toThrow(TypeError)
  })

  test('wraps two keys of a tenant that two replicas made at once, and both stay', async () => {
    const keys = Array.from({ length: 6 }, () => newKey('twins'))
    await Promise.all(keys.map((key) => put(sealed(), key, noise(1_000))))
    for (const key of keys) expect(isSame(await get(sealed(), key), noise(1_000))).toBe(true)
    const wrapped = await Array.fromAsync(innerStore().list({ prefix: blobKey('.keys', 'twins') }))
    expect(wrapped.length).toBeGreaterThan(1)
  })
})

test('a stage that is resumed many times is one blob, with whole frames but the last', async () => {
  const store = sealed([masterKey], true)
  const bytes = noise(2 * frameBytes + 500)
  const key = newKey()
  for (let at = 0; at < bytes.length; at += 9_999) {
    const stage = await store.stage(key, { resumable: true })
    await stage.append(at, chunksOf(bytes.subarray(at, at + 9_999), 1_000))
  }
  const stage = await store.stage(key, { resumable: true })
  expect(await stage.commit()).toBe(bytes.length)
  expect(isSame(await get(store, key), bytes)).toBe(true)
})
