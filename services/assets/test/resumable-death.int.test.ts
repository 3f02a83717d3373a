import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { blobKey, checkpointBytes } from '@atrium/platform/blobs/port.ts'
import { newCommandId } from '@atrium/platform/identifier.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collect } from '../src/collecting/collect.ts'
import { prove } from '../src/proof/prove.ts'
import { progressOf, type ResumableDeps } from '../src/resumable/resumable-uploads.ts'
import { createAssetsContext, type AssetsContext } from './assets-context.ts'
import { createDyingPorts } from './dying-ports.ts'
import { provision, tenant, uploadFiles, variantsKeptMs } from './library-life.ts'
import type { ResumableTask, VictimSays } from './resumable-victim-process.ts'
import {
  askingOf,
  begin,
  chunksOf,
  portsOf,
  quickLeases,
  send,
  startProcess,
  sweep,
  type Owned,
} from './resumable-life.ts'

let context: AssetsContext
beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())

const nothingWrong = { orphans: 0, missing: 0, differences: 0, unsettled: 0 }
async function proofNow() {
  const { store, database, caughtUp } = context
  const deps = { ...portsOf(context), store, database, caughtUp, unsettledMs: -1 }
  return await prove(deps, { proofId: newCommandId(), repair: false })
}

/** Ports of a process that dies right after its n-th call, its lease with it. */
function dyingPorts(diesAtCall: number) {
  const ports = portsOf(context)
  const { ports: dying, died, mortal } = createDyingPorts(ports, diesAtCall)
  const { owner, uploads } = ports
  type Query = (...given: unknown[]) => Promise<unknown>
  const query = mortal((...given: unknown[]) => (owner.query as Query).apply(owner, given))
  return {
    died,
    ports: {
      ...dying,
      owner: { query } as typeof owner,
      uploads: { ...uploads, handle: mortal(uploads.handle) },
    },
  }
}

/** As long as a client that is answered, or finds out that it is not, goes on. */
async function upload(deps: ResumableDeps, owned: Owned, uploadId: string, bytes: Buffer) {
  const { offsetBytes } = await progressOf(deps, askingOf(owned), uploadId)
  const source = (from: number, to: number) => chunksOf(bytes.subarray(from, to))
  const half = Math.max(offsetBytes, 400_000)
  const first = { uploadId, offsetBytes, source: source(offsetBytes, half) }
  if (half > offsetBytes) await send(deps, owned, first)
  if (half < bytes.length) {
    await send(deps, owned, { uploadId, offsetBytes: half, source: source(half, bytes.length) })
  }
}

async function expectWhole({ ownerId }: Owned, uploadId: string, bytes: Buffer) {
  const { storages, blobAggregates, blobs } = portsOf(context)
  const { state } = await storages.load(tenant, ownerId)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  expect(state.assets.get(uploadId)).toMatchObject({ sha256, status: 'kept' })
  expect(state.reservations.size).toBe(0)
  const { state: blob } = await blobAggregates.load(tenant, sha256)
  const { stream } = await blobs.read(blobKey(blob.current?.key ?? ''))
  expect((await buffer(stream)).equals(bytes)).toBe(true)
}

/** A lease of the dead has to end first. */
const settledWithin = { timeout: 60_000 }

/** More than a life has, for a test that must end. */
const callsMax = 100

it.each([
  ['the client goes on', true, false],
  ['the collector goes on', false, false],
  ['the client goes on with what the tenant has already', true, true],
])(
  'leaves a whole asset or nothing of a process that dies right after any call: %s',
  { timeout: 240_000 },
  async (_who, clientGoesOn, isShared) => {
    let call = 0
    let hasLived = false
    while (!hasLived) {
      call += 1
      expect(call).toBeLessThan(callsMax)
      const bytes = randomBytes(900_000)
      const survivor = startProcess(portsOf(context))
      const owned = await provision(survivor)
      if (isShared) await uploadFiles(portsOf(context), owned, [[Buffer.from(bytes)]])
      const uploadId = await begin(survivor, owned, bytes.length)
      const { ports, died } = dyingPorts(call)
      const whole = upload(startProcess(ports), owned, uploadId, bytes).then(() => true)
      hasLived = await Promise.race([whole, died.then(() => false)])

      if (clientGoesOn) await upload(survivor, owned, uploadId, bytes)
      const late = new Date(Date.now() + 2 * survivor.lifetimeMs).toISOString()
      const { owner } = context.database
      await expect
        .poll(async () => {
          await context.caughtUp()
          await sweep(survivor, owner, late)
          await collect({ ...portsOf(context), owner, variantsKeptMs }, new Date().toISOString())
          await context.caughtUp()
          return (await owner.query('select 1 from upload_list')).rows.length
        }, settledWithin)
        .toBe(0)
      const { state } = await survivor.storages.load(tenant, owned.ownerId)
      if (clientGoesOn || state.assets.has(uploadId)) await expectWhole(owned, uploadId, bytes)
      else expect([state.reservations.size, state.assets.size]).toEqual([0, isShared ? 1 : 0])
      expect(await proofNow(), `died at call ${call}`).toMatchObject(nothingWrong)
    }
    expect(call).toBeGreaterThan(12)
  },
)

it('keeps no room for an upload whose creation died, beyond its time', async () => {
  let call = 0
  let hasLived = false
  const { owner } = context.database
  while (!hasLived) {
    call += 1
    expect(call).toBeLessThan(callsMax)
    const survivor = startProcess(portsOf(context))
    const owned = await provision(survivor)
    const { ports, died } = dyingPorts(call)
    const begun = begin(startProcess(ports), owned, 1_000).then(() => true)
    hasLived = await Promise.race([begun, died.then(() => false)])
    const late = new Date(Date.now() + 24 * survivor.lifetimeMs).toISOString()
    await context.caughtUp()
    await sweep(survivor, owner, late)
    await collect({ ...portsOf(context), owner, variantsKeptMs }, late)
    await context.caughtUp()
    const { state } = await survivor.storages.load(tenant, owned.ownerId)
    expect(state.reservations.size, `died at call ${call}`).toBe(0)
    expect((await owner.query('select 1 from upload_list')).rows).toEqual([])
    expect(await proofNow()).toMatchObject(nothingWrong)
  }
  expect(call).toBe(4)
})

it.each([
  ['in the middle of a piece', 'append', 40 * 1024 * 1024],
  ['between the commit and the end', 'commit', 3_000_000],
  ['before its last answer', 'received', 3_000_000],
] as const)('goes on after kill -9 %s', { timeout: 120_000 }, async (_when, dies, sizeBytes) => {
  const survivor = startProcess(portsOf(context), { ...quickLeases, waitMs: 15_000 })
  const owned = await provision(survivor)
  const seed = newCommandId()
  const bytes = Buffer.alloc(sizeBytes, seed)
  const uploadId = await begin(survivor, owned, bytes.length)
  const { ownerUrl, routesUrl, blobsFolder } = context
  const { ownerId } = owned
  const places = { ownerUrl, routesUrl, blobsFolder }
  const task: ResumableTask = { ...places, ownerId, uploadId, dies, sizeBytes, seed }
  const program = new URL('./resumable-victim-process.ts', import.meta.url)
  const victim = fork(program, [JSON.stringify(task)])
  const [{ sentBytes }] = (await once(victim, 'message')) as [VictimSays]
  victim.kill('SIGKILL')
  await once(victim, 'exit')

  const progress = await progressOf(survivor, askingOf(owned), uploadId)
  expect(progress.offsetBytes).toBeGreaterThanOrEqual(sentBytes - checkpointBytes)
  expect(progress.isFinished).toBe(dies !== 'append')
  if (!progress.isFinished) {
    const source = chunksOf(bytes.subarray(progress.offsetBytes))
    await send(survivor, owned, { uploadId, offsetBytes: progress.offsetBytes, source })
  }
  await expectWhole(owned, uploadId, bytes)
  expect(await proofNow()).toMatchObject(nothingWrong)
})
