import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { openLocalBlobStore } from '@atrium/platform/blobs/local/store.ts'
import { blobKey, type BlobStore } from '@atrium/platform/blobs/port.ts'
import { openS3BlobStore } from '@atrium/platform/blobs/s3/store.ts'
import { createMasterKey } from '@atrium/platform/blobs/sealed/master-key.ts'
import { createSealedBlobStore } from '@atrium/platform/blobs/sealed/store.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import { startS3Double } from '@atrium/platform/testkit/s3-server.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { prove } from '../src/proof/prove.ts'
import { progressOf, terminate, type ResumableDeps } from '../src/resumable/resumable-uploads.ts'
import { createAssetsContext, causeIn, type AssetsContext } from './assets-context.ts'
import { provision, tenant, uploadFiles } from './library-life.ts'
import {
  askingOf,
  begin,
  chunksOf,
  portsOf,
  send,
  startProcess,
  sweep,
  type Owned,
} from './resumable-life.ts'

const masterKey = randomBytes(32).toString('base64url')
const sealed = (inner: BlobStore) =>
  createSealedBlobStore(inner, { masterKeys: [createMasterKey(masterKey)], compress: false })
const double = await startS3Double()
afterAll(() => double.close())
const inBucket = (folder: string) => openS3BlobStore({ ...double.options, folder })

const nothingWrong = { orphans: 0, missing: 0, differences: 0, unsettled: 0 }

describe.each<[string, (folder: string) => Promise<BlobStore>]>([
  ['a folder', openLocalBlobStore],
  ['an encrypted folder', async (folder) => sealed(await openLocalBlobStore(folder))],
  ['a bucket', () => inBucket(`plain-${newCommandId()}`)],
  ['an encrypted bucket', async () => sealed(await inBucket(`sealed-${newCommandId()}`))],
])('a resumable upload into %s', (_what, openBlobs) => {
  let context: AssetsContext
  let owned: Owned
  let one: ResumableDeps
  let another: ResumableDeps
  beforeAll(async () => {
    context = await createAssetsContext(openBlobs)
  })
  afterAll(() => context.close())
  beforeEach(async () => {
    one = startProcess(portsOf(context))
    another = startProcess(portsOf(context))
    owned = await provision(one)
  })

  const stateNow = async () => (await one.storages.load(tenant, owned.ownerId)).state
  async function proofNow(repair = false) {
    const { store, database, caughtUp } = context
    const deps = { ...portsOf(context), store, database, caughtUp, unsettledMs: -1 }
    return await prove(deps, { proofId: newCommandId(), repair })
  }
  async function expectWhole(uploadId: string, bytes: Buffer) {
    const state = await stateNow()
    const asset = state.assets.get(uploadId)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(asset).toMatchObject({ sizeBytes: bytes.length, sha256, status: 'kept' })
    const blob = await one.blobAggregates.load(tenant, sha256)
    const { stream } = await context.blobs.read(blobKey(blob.state.current?.key ?? ''))
    expect((await buffer(stream)).equals(bytes)).toBe(true)
    expect(state.reservations.size).toBe(0)
    expect(await proofNow()).toMatchObject(nothingWrong)
  }
  const leftOfAll = async () => {
    const { reservations, assets, used } = await stateNow()
    const staged = await Array.fromAsync(context.blobs.listStaged())
    await context.caughtUp()
    const { rows } = await context.database.owner.query('select * from upload_list')
    return { room: reservations.size, assets: assets.size, used, staged, rows }
  }
  const nothing = {
    room: 0,
    assets: 0,
    used: { bytes: 0, images: 0 },
    staged: [],
    rows: [],
  }

  it('goes on in whatever process the next piece comes to', async () => {
    const bytes = randomBytes(2_500_000)
    const uploadId = await begin(one, owned, bytes.length)
    let offsetBytes = 0
    for (const [process, end] of [
      [one, 1_000],
      [another, 1_000_001],
      [one, 2_000_000],
      [another, bytes.length],
    ] as const) {
      const source = chunksOf(bytes.subarray(offsetBytes, end))
      const progress = await send(process, owned, { uploadId, offsetBytes, source })
      expect(progress.offsetBytes).toBe(end)
      offsetBytes = end
    }
    await expectWhole(uploadId, bytes)
    expect(await progressOf(one, askingOf(owned), uploadId)).toMatchObject({
      offsetBytes: bytes.length,
      isFinished: true,
    })
  })

  it('keeps what arrived before the connection broke', async () => {
    const bytes = randomBytes(3_000_000)
    const uploadId = await begin(one, owned, bytes.length)
    const broken = (async function* () {
      yield* chunksOf(bytes.subarray(0, 1_310_720))
      throw new Error('the client is gone')
    })()
    const piece = { uploadId, offsetBytes: 0, source: broken }
    await expect(send(one, owned, piece)).rejects.toThrow('the client is gone')
    const { offsetBytes } = await progressOf(another, askingOf(owned), uploadId)
    expect(offsetBytes).toBe(1_310_720)
    const source = chunksOf(bytes.subarray(offsetBytes))
    await send(one, owned, { uploadId, offsetBytes, source })
    await expectWhole(uploadId, bytes)
  })

  it('may be empty, and may have what the tenant has already', async () => {
    const empty = await begin(one, owned, 0)
    await send(one, owned, { uploadId: empty, offsetBytes: 0, source: [] })
    await expectWhole(empty, Buffer.alloc(0))
    const bytes = randomBytes(1_200_000)
    const [first = ''] = await uploadFiles(portsOf(context), owned, [[Buffer.from(bytes)]])
    const uploadId = await begin(one, owned, bytes.length)
    await send(one, owned, { uploadId, offsetBytes: 0, source: chunksOf(bytes) })
    await expectWhole(uploadId, bytes)
    await expectWhole(first, bytes)
  })

  it('that is terminated, refused or too late leaves nothing', async () => {
    const pictures = { ...one, rules: { ...one.rules, imageBytesMax: 100 } }
    const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(9_000)])
    const refused = await begin(pictures, owned, 500_000)
    const piece = { uploadId: refused, offsetBytes: 0, source: [png] }
    await expect(send(pictures, owned, piece)).rejects.toThrow('file-too-large')
    await expect(progressOf(one, askingOf(owned), refused)).rejects.toThrow('upload-ended')

    const ended = await begin(one, owned, 9_000)
    const part = { uploadId: ended, offsetBytes: 0, source: [randomBytes(2_000)] }
    await send(one, owned, part)
    await terminate(another, askingOf(owned), ended)
    await expect(send(one, owned, part)).rejects.toThrow('upload-ended')

    const short = { ...one, lifetimeMs: -1 }
    const late = await begin(short, owned, 9_000)
    await expect(send(one, owned, { ...part, uploadId: late })).rejects.toThrow('upload-expired')
    await expect(progressOf(one, askingOf(owned), late)).rejects.toThrow('upload-expired')
    await context.caughtUp()
    expect(await sweep(one, context.database.owner)).toBe(1)
    expect(await leftOfAll()).toEqual(nothing)
    expect(await proofNow()).toMatchObject(nothingWrong)
  })

  it('that came in full is finished by the collector when its time is over, not lost', async () => {
    const bytes = randomBytes(700_000)
    const uploadId = await begin(one, owned, bytes.length)
    const stage = await context.blobs.stage(blobKey(tenant, uploadId), { resumable: true })
    await stage.append(0, chunksOf(Buffer.from(bytes))) // and the process died
    await context.caughtUp()
    const late = new Date(Date.now() + 2 * one.lifetimeMs).toISOString()
    expect(await sweep(another, context.database.owner, late)).toBe(1)
    await expectWhole(uploadId, bytes)
  })

  it('goes with its instance, when that is purged', async () => {
    const uploadId = await begin(one, owned, 9_000)
    const part = { uploadId, offsetBytes: 0, source: [randomBytes(2_000)] }
    await send(one, owned, part)
    const at = new Date().toISOString()
    const which = { ...owned, at }
    const { storages } = one
    await storages.handle(owned.ownerId, { type: 'HideStorage', ...which }, causeIn(tenant))
    await expect(send(one, owned, { ...part, offsetBytes: 2_000 })).rejects.toThrow('not-found')
    await storages.handle(owned.ownerId, { type: 'ShowStorage', ...which }, causeIn(tenant))
    await send(one, owned, { ...part, offsetBytes: 2_000 })
    const release = { type: 'ReleaseStorage', ...which, purgeAt: at } as const
    await storages.handle(owned.ownerId, release, causeIn(tenant))
    await context.caughtUp()
    expect(await sweep(one, context.database.owner)).toBe(1)
    expect(await leftOfAll()).toEqual(nothing)
    await expect(progressOf(one, askingOf(owned), uploadId)).rejects.toThrow('upload-ended')
  })

  it('is told from a stage that no upload goes on with, which the proof finds and mends', async () => {
    const uploadId = await begin(one, owned, 9_000)
    await send(one, owned, { uploadId, offsetBytes: 0, source: [randomBytes(2_000)] })
    const stray = await context.blobs.stage(blobKey(tenant, 'stray'), { resumable: true })
    await stray.append(0, [randomBytes(300_000)])
    expect(await proofNow()).toMatchObject({ orphans: 1, missing: 0 })
    expect(await proofNow(true)).toMatchObject({ orphans: 1, repaired: true })
    expect(await proofNow()).toMatchObject(nothingWrong)
    const { offsetBytes } = await progressOf(one, askingOf(owned), uploadId)
    expect(offsetBytes).toBe(2_000)
    await terminate(one, askingOf(owned), uploadId)
  })
})
