import { buffer } from 'node:stream/consumers'
import { createHash } from 'node:crypto'
import type { VariantQuery } from '@atrium/contracts/assets/variant.ts'
import { blobKey, BlobMissing } from '@atrium/platform/blobs/port.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { collect } from '../src/collecting/collect.ts'
import { createImageWorkshop } from '../src/images/workshop.ts'
import { sumDerived } from '../src/projections/library/query.ts'
import { prove } from '../src/proof/prove.ts'
import { createVariants, type VariantSource } from '../src/variants/variants.ts'
import { aggregatesOf, causeIn, createAssetsContext, type AssetsContext } from './assets-context.ts'
import { createDyingPorts } from './dying-ports.ts'
import { deleteAsset, provision, tenant, uploadFiles, variantsKeptMs } from './library-life.ts'

let context: AssetsContext
beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())

const workshop = createImageWorkshop()
const portsNow = () => ({ ...aggregatesOf(context.store), blobs: context.blobs })
const signal = new AbortController().signal
const thumbnail: VariantQuery = { w: 8 }
const now = () => new Date().toISOString()

let ownerId: string
let source: VariantSource
let assetId: string
beforeEach(async () => {
  const place = await provision(portsNow())
  ownerId = place.ownerId
  const background = `#${newCommandId().slice(0, 6)}`
  const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .png({ compressionLevel: 0 })
    .withExif({ IFD0: { Copyright: newCommandId() } })
    .toBuffer()
  ;[assetId = ''] = await uploadFiles(portsNow(), place, [[picture]])
  const sha256 = createHash('sha256').update(picture).digest('hex')
  source = { tenant, ownerId, sha256, mediaType: 'image/png' }
})

function variantsWith(more: Partial<Parameters<typeof createVariants>[0]> = {}) {
  const { database, logger } = context
  const limits = { derivedBytesMax: 1_000_000, unsettledMs: 3_600_000 }
  return createVariants({ ...portsNow(), ...limits, database, logger, workshop, ...more })
}
const find = (query: VariantQuery, variants = variantsWith()) =>
  variants.find(source, query, causeIn(tenant))

const keptOf = async () => {
  const { state } = await portsNow().blobAggregates.load(tenant, source.sha256)
  return [...(state.current?.variants.values() ?? [])]
}

async function collectNow(keptMs = variantsKeptMs) {
  await context.caughtUp()
  const deps = { ...portsNow(), owner: context.database.owner, variantsKeptMs: keptMs }
  const collected = await collect(deps, now())
  await context.caughtUp()
  return collected
}

async function proof(repair = false) {
  const { store, database, caughtUp } = context
  const deps = { ...portsNow(), store, database, caughtUp, unsettledMs: -1 }
  return await prove(deps, { proofId: newCommandId(), repair })
}
const nothingWrong = { orphans: 0, missing: 0, differences: 0, unsettled: 0 }

const derivedOf = async () => {
  await context.caughtUp()
  return await context.database.forTenant(tenant, (client) => sumDerived(client, ownerId))
}

const isThere = async (key: string) =>
  await context.blobs.head(blobKey(key)).then(
    () => true,
    () => false,
  )

/** A derived picture of long ago. */
async function storeOld(variant: string, sizeBytes: number) {
  const { blobAggregates, blobs } = portsNow()
  const { state } = await blobAggregates.load(tenant, source.sha256)
  const key = blobKey(tenant, 'derived', newCommandId())
  const stage = await blobs.stage(key)
  await stage.append(0, [Buffer.alloc(sizeBytes)])
  await stage.commit()
  const at = '2026-01-01T00:00:00.000Z'
  const what = { key, tag: key, mediaType: 'image/png', sizeBytes, at, replacesBefore: at }
  const madeFrom = state.current?.key ?? ''
  const which = { sha256: source.sha256, variant, madeFrom }
  await blobAggregates.handle(
    source.sha256,
    { ...which, ...what, type: 'StoreVariant' },
    causeIn(tenant),
  )
  await context.caughtUp()
  return key
}

describe('a derived picture', () => {
  it('is made once and then kept, the same bytes under the same tag', async () => {
    const made = await find(thumbnail)
    expect(made).toMatchObject({ isFresh: true, mediaType: 'image/png' })
    const whole = { start: 0, end: made.sizeBytes }
    const bytes = await buffer(await made.open(whole, signal))
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 8, height: 6 })
    expect(made.tag).toBe(createHash('sha256').update(bytes).digest('hex'))

    const kept = await find(thumbnail)
    expect(kept).toMatchObject({ isFresh: false, tag: made.tag, sizeBytes: bytes.length })
    expect((await buffer(await kept.open(whole, signal))).equals(bytes)).toBe(true)
    const part = await buffer(await kept.open({ start: 3, end: 9 }, signal))
    expect(part.equals(bytes.subarray(3, 9))).toBe(true)
    const [{ key } = { key: '' }] = await keptOf()
    expect(key.startsWith(`${tenant}/derived/`)).toBe(true)
    expect(await derivedOf()).toEqual({ bytes: bytes.length, files: 1 })
    expect(await proof()).toMatchObject({ ...nothingWrong, leftovers: 0 })
  })

  it('is made once for all who ask meanwhile', async () => {
    let renders = 0
    const counting = {
      render: (...given: Parameters<typeof workshop.render>) => {
        renders += 1
        return workshop.render(...given)
      },
    }
    const variants = variantsWith({ workshop: counting })
    const found = await Promise.all(Array.from({ length: 20 }, () => find(thumbnail, variants)))
    expect(renders).toBe(1)
    expect(new Set(found.map(({ tag }) => tag)).size).toBe(1)
  })

  it('is made by two processes at once, and kept once', async () => {
    const found = await Promise.all([find(thumbnail), find(thumbnail)])
    expect(new Set(found.map(({ tag }) => tag)).size).toBe(1)
    expect(await keptOf()).toHaveLength(1)
    expect(await proof()).toMatchObject({ ...nothingWrong, leftovers: 0 })
  })

  it('is refused of what is no picture', async () => {
    source = { ...source, mediaType: 'text/plain' }
    await expect(find(thumbnail)).rejects.toMatchObject({ code: 'media-type-not-allowed' })
  })

  it('goes with what it was made from', async () => {
    await find(thumbnail)
    const [{ key } = { key: '' }] = await keptOf()
    expect(await isThere(key)).toBe(true)
    await deleteAsset(portsNow(), ownerId, assetId)
    await collectNow()
    expect(await isThere(key)).toBe(false)
    expect(await derivedOf()).toEqual({ bytes: 0, files: 0 })
    expect(await proof()).toMatchObject({ ...nothingWrong, leftovers: 0 })
  })

  it('is not kept where its source goes while it is made', async () => {
    const slow = {
      async render(...[given, variant]: Parameters<typeof workshop.render>) {
        const bytes = typeof given === 'function' ? await given() : given
        await deleteAsset(portsNow(), ownerId, assetId)
        await collectNow()
        return await workshop.render(bytes, variant)
      },
    }
    expect((await find(thumbnail, variantsWith({ workshop: slow }))).isFresh).toBe(true)
    await expect(find(thumbnail)).rejects.toBeInstanceOf(BlobMissing)
    expect(await proof()).toMatchObject({ ...nothingWrong, leftovers: 0 })
  })

  it('that the blob store has lost is made anew', async () => {
    await find(thumbnail)
    const [{ key } = { key: '' }] = await keptOf()
    await context.blobs.remove(blobKey(key))
    await context.caughtUp()
    expect(await proof()).toMatchObject({ missing: 1 })
    const lost = await find(thumbnail)
    await expect(lost.open({ start: 0, end: 1 }, signal)).rejects.toBeInstanceOf(BlobMissing)
    expect(await find(thumbnail)).toMatchObject({ isFresh: true, tag: lost.tag })
    expect(await proof()).toMatchObject(nothingWrong)
    // Whoever does not wait for a reader mends it by a proof.
    const [{ key: again } = { key: '' }] = await keptOf()
    await context.blobs.remove(blobKey(again))
    await proof(true)
    expect(await proof()).toMatchObject(nothingWrong)
  })
})

describe('derived pictures are bounded', () => {
  it('by age', async () => {
    const key = await storeOld('old', 10)
    await find(thumbnail)
    expect(await collectNow()).toMatchObject({ aged: 1 })
    expect(await isThere(key)).toBe(false)
    expect(await keptOf()).toHaveLength(1)
    expect(await proof()).toMatchObject(nothingWrong)
  })

  it('by the bytes of one owner: old ones make room, young ones do not', async () => {
    const variants = variantsWith({ derivedBytesMax: 1_000 })
    const [first, second] = [await storeOld('first', 400), await storeOld('second', 590)]
    const made = await find(thumbnail, variants)
    expect(made.sizeBytes).toBeGreaterThan(10)
    expect([await isThere(first), await isThere(second)]).toEqual([false, true])
    expect(await derivedOf()).toEqual({ bytes: 590 + made.sizeBytes, files: 2 })

    const full = variantsWith({ derivedBytesMax: made.sizeBytes + 10 })
    const other = await find({ w: 9 }, full)
    expect(other.isFresh).toBe(true)
    await context.caughtUp()
    expect((await keptOf()).map(({ sizeBytes }) => sizeBytes)).toEqual([590, made.sizeBytes])
    expect(await find({ w: 9 }, full)).toMatchObject({ isFresh: true, tag: other.tag })
    expect(await proof()).toMatchObject({ ...nothingWrong, leftovers: 0 })
  })

  it('by how many of one owner wait, and nobody else waits for them', async () => {
    const gate = Promise.withResolvers<void>()
    const held = {
      async render(...given: Parameters<typeof workshop.render>) {
        if (given[1].width < 1_000) await gate.promise
        return await workshop.render(...given)
      },
    }
    const variants = variantsWith({ workshop: held })
    const asked = Array.from({ length: 30 }, (_, n) => find({ w: n + 1 }, variants))
    const settled = Promise.allSettled(asked)
    const stranger = await provision(portsNow())
    const other = { ...source, ownerId: stranger.ownerId }
    const made = await variants.find(other, { w: 1_000, h: 9, fit: 'fill' }, causeIn(tenant))
    expect(made.isFresh).toBe(true)
    gate.resolve()
    const refused = (await settled).filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(30 - 17)
    for (const each of refused) expect(each).toMatchObject({ reason: { code: 'unavailable' } })
  })
})

it('leaves nothing of a process that dies right after any of its calls', async () => {
  let call = 0
  let hasLived = false
  while (!hasLived) {
    call += 1
    expect(call).toBeLessThan(30)
    const { ports, died } = createDyingPorts(portsNow(), call)
    // Full, so that one has to make room.
    await storeOld(`old ${call}`, 900)
    const variants = variantsWith({ ...ports, derivedBytesMax: 1_000 })
    const whole = find({ w: call }, variants).then(() => true)
    hasLived = await Promise.race([whole, died.then(() => false)])
    await collectNow()
    const before = await proof()
    expect(before, `died at call ${call}`).toMatchObject(nothingWrong)
    expect(await proof()).toMatchObject({ ...nothingWrong, leftovers: 0 })
    for (const { key } of await keptOf()) expect(await isThere(key)).toBe(true)
    const again = await find({ w: call })
    const bytes = await buffer(await again.open({ start: 0, end: again.sizeBytes }, signal))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(again.tag)
  }
  expect(call).toBeGreaterThan(5)
})
