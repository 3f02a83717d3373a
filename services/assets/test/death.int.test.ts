import { buffer } from 'node:stream/consumers'
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { blobKey } from '@atrium/platform/blobs/port.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collect } from '../src/collecting/collect.ts'
import type { Proof } from '../src/proof.ts'
import { prove } from '../src/proof/prove.ts'
import { aggregatesOf, createAssetsContext, type AssetsContext } from './assets-context.ts'
import { createDyingPorts } from './dying-ports.ts'
import {
  deleteAsset,
  live,
  provision,
  tenant,
  uploadFiles,
  variantsKeptMs,
} from './library-life.ts'
import type { VictimTask } from './victim-process.ts'

let context: AssetsContext
beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())

/** What a process that starts after the death knows: nothing. */
const portsNow = () => ({ ...aggregatesOf(context.store), blobs: context.blobs })

/** When every reservation is over. */
const later = () => new Date(Date.now() + 3_600_000).toISOString()

async function collectAll() {
  const deps = { ...portsNow(), owner: context.database.owner, variantsKeptMs }
  // The second round sees what the first one did.
  for (let round = 1; round <= 2; round += 1) {
    await context.caughtUp()
    await collect(deps, later())
  }
}

async function proofAfter(repair: boolean): Promise<Proof> {
  const { store, database, caughtUp } = context
  const deps = { ...portsNow(), store, database, caughtUp, unsettledMs: -1 }
  return prove(deps, { proofId: newCommandId(), repair })
}

const nothingWrong = { orphans: 0, missing: 0, differences: 0, unsettled: 0 }

/** Every asset of the owner can be read, as the bytes that it should have. */
async function readAll(ownerId: string) {
  const { storages, blobAggregates, blobs } = portsNow()
  const { state } = await storages.load(tenant, ownerId)
  for (const [, { sha256, sizeBytes }] of state.assets.entries()) {
    const { state: blob } = await blobAggregates.load(tenant, sha256)
    const { stream } = await blobs.read(blobKey(blob.current?.key ?? ''))
    const bytes = await buffer(stream)
    expect(bytes).toHaveLength(sizeBytes)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
  }
  return state
}

/** More than a life has, for a test that must end. */
const callsMax = 100

it('leaves nothing of a process that dies right after any of its calls', async () => {
  let call = 0
  let hasLived = false
  while (!hasLived) {
    call += 1
    expect(call).toBeLessThan(callsMax)
    const { ports, died } = createDyingPorts(portsNow(), call)
    const { ownerId, instanceId } = await provision(portsNow())
    const whole = live(ports, { ownerId, instanceId }, context).then(() => true)
    hasLived = await Promise.race([whole, died.then(() => false)])
    await collectAll()
    await proofAfter(true)
    expect(await proofAfter(false), `died at call ${call}`).toMatchObject(nothingWrong)

    const { assets, reservations, used } = await readAll(ownerId)
    expect(reservations.size).toBe(0)
    const bytes = [...assets.entries()]
      .filter(([, { status }]) => status === 'kept')
      .reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0)
    expect(used.bytes).toBe(bytes)
  }
  expect(call).toBeGreaterThan(20)
})

it('finds bytes that nobody has, and those that somebody should have', async () => {
  const ports = portsNow()
  const { ownerId, instanceId } = await provision(ports)
  const content = Buffer.from(newCommandId())
  const [assetId = ''] = await uploadFiles(ports, { ownerId, instanceId }, [[content]])
  await context.caughtUp()
  const stray = blobKey(tenant, 'stray')
  const stage = await context.blobs.stage(stray)
  await stage.append(0, [Buffer.from('nobody has this')])
  await stage.commit()
  await context.blobs.remove(blobKey(tenant, assetId))

  expect(await proofAfter(false)).toMatchObject({ orphans: 1, missing: 1, differences: 0 })
  expect(await proofAfter(true)).toMatchObject({ orphans: 1, missing: 1, repaired: true })
  // What is lost is told until somebody brings it: the next upload of the same content does.
  expect(await proofAfter(false)).toMatchObject({ orphans: 0, missing: 1 })
  await uploadFiles(portsNow(), { ownerId, instanceId }, [[content]])
  expect(await proofAfter(false)).toMatchObject(nothingWrong)
  await readAll(ownerId)

  const proofs = await portsNow().proofs.load('default', 'blobs')
  expect(proofs.state.last).toMatchObject(nothingWrong)
})

it('keeps what an upload stored and has not held yet, as long as it may take', async () => {
  const key = blobKey(tenant, 'young')
  const stage = await context.blobs.stage(key)
  await stage.append(0, [Buffer.from('about to be held')])
  await stage.commit()
  const { store, database, caughtUp } = context
  const deps = { ...portsNow(), store, database, caughtUp, unsettledMs: 60_000 }
  const proof = await prove(deps, { proofId: newCommandId(), repair: true })
  expect(proof).toMatchObject({ orphans: 0, unsettled: 1 })
  expect(await context.blobs.head(key)).toEqual({ sizeBytes: 16 })
  await context.blobs.remove(key)
})

it('leaves nothing of processes that are killed in the middle of it all', async () => {
  const { ownerUrl, routesUrl, blobsFolder } = context
  const { ownerId, instanceId } = await provision(portsNow())
  for (const afterUploads of [3, 11, 26]) {
    const task: VictimTask = { ownerUrl, routesUrl, blobsFolder, ownerId, instanceId }
    const program = new URL('./victim-process.ts', import.meta.url)
    const victim = fork(program, [JSON.stringify(task)])
    for (let uploads = 0; uploads < afterUploads; uploads += 1) await once(victim, 'message')
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    await collectAll()
    await proofAfter(true)
    expect(await proofAfter(false)).toMatchObject(nothingWrong)
    const { assets } = await readAll(ownerId)
    expect(assets.size).toBeGreaterThan(0)
  }
  const { state } = await portsNow().storages.load(tenant, ownerId)
  for (const [assetId] of state.assets.entries()) await deleteAsset(portsNow(), ownerId, assetId)
  await collectAll()
  expect(await proofAfter(false)).toMatchObject(nothingWrong)
  expect((await readAll(ownerId)).assets.size).toBe(0)
})
