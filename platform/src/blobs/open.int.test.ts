import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConfigInvalid } from '../config.ts'
import { startS3Double } from '../testkit/s3-server.ts'
import { get, isSame, newKey, noise, put } from './conformance/bench.ts'
import { type BlobConfig, openBlobStore } from './open.ts'

const newKeyText = () => randomBytes(32).toString('base64url')
const state: { config: BlobConfig } = {
  config: { BLOBS_DIR: '', S3_BUCKET: 'atrium', S3_REGION: 'us-east-1', BLOBS_COMPRESS: false },
}

beforeEach(async () => {
  const BLOBS_DIR = await mkdtemp(join(tmpdir(), 'atrium-open-'))
  state.config = { ...state.config, BLOBS_DIR }
})
afterEach(() => rm(state.config.BLOBS_DIR, { recursive: true }))

const open = (more: Partial<BlobConfig> = {}) =>
  openBlobStore('assets', { ...state.config, ...more })

test('a context keeps its bytes apart from those of another', async () => {
  const key = newKey()
  const assets = await open()
  await put(assets, key, noise(10))
  const pdf = await openBlobStore('pdf', state.config)
  await expect(pdf.head(key)).rejects.toMatchObject({ name: 'BlobMissing' })
  expect(isSame(await get(await open(), key), noise(10))).toBe(true)
})

test('a bucket is shared by contexts, each below its own name', async () => {
  const double = await startS3Double()
  const s3 = { S3_ENDPOINT: double.options.endpoint, S3_ACCESS_KEY: 'x', S3_SECRET_KEY: 'y' }
  const key = newKey()
  const assets = await open(s3)
  await put(assets, key, noise(10))
  expect(isSame(await get(await open(s3), key), noise(10))).toBe(true)
  const pdf = await openBlobStore('pdf', { ...state.config, ...s3 })
  await expect(pdf.head(key)).rejects.toMatchObject({ name: 'BlobMissing' })
  await assets.close()
  await pdf.close()
  await double.close()
})

test('S3 without its keys is told at the start', async () => {
  await expect(open({ S3_ENDPOINT: 'http://127.0.0.1:9' })).rejects.toThrow(ConfigInvalid)
})

test('a store of plain blobs is not opened as a sealed one, nor the other way round', async () => {
  await put(await open(), newKey(), noise(10))
  await expect(open({ BLOBS_MASTER_KEY: newKeyText() })).rejects.toThrow(ConfigInvalid)
  await expect(open({ BLOBS_COMPRESS: true })).rejects.toThrow(ConfigInvalid)
  const other = { BLOBS_DIR: join(state.config.BLOBS_DIR, 'other'), BLOBS_COMPRESS: true }
  await put(await open(other), newKey(), noise(10))
  expect(await open(other)).toBeDefined()
  await expect(open({ ...other, BLOBS_COMPRESS: false })).rejects.toThrow(ConfigInvalid)
})

test('the master key is changed by a start with both, and the old one can go', async () => {
  const [before, after] = [newKeyText(), newKeyText()]
  const key = newKey()
  await put(await open({ BLOBS_MASTER_KEY: before }), key, noise(1_000))
  await open({ BLOBS_MASTER_KEY: after, BLOBS_MASTER_KEY_BEFORE: before })
  const store = await open({ BLOBS_MASTER_KEY: after, BLOBS_COMPRESS: true })
  expect(isSame(await get(store, key), noise(1_000))).toBe(true)
})

test('another master key than that of the blobs is told at the start', async () => {
  const right = newKeyText()
  await put(await open({ BLOBS_MASTER_KEY: right }), newKey(), noise(10))
  await expect(open({ BLOBS_MASTER_KEY: newKeyText() })).rejects.toThrow(ConfigInvalid)
  expect(await open({ BLOBS_MASTER_KEY: right })).toBeDefined()
})
