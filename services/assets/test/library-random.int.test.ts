import { createRandom, testSeed, type Random } from '@atrium/platform/testkit/random.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listAssets, sumUsage } from '../src/projections/library/query.ts'
import type { StorageCommand } from '../src/storage.ts'
import { isShown } from '../src/storage-state.ts'
import { causeIn, createAssetsContext, type AssetsContext } from './assets-context.ts'

// What is shown is decided twice: by the domain for one asset, by SQL for a list. A long random
// life of an owner must lead both to the same.

const seed = testSeed()
const stepsCount = 400
const ownerId = `usr_${'0'.repeat(32)}`
const limits = { bytesMax: 1_000_000, imagesMax: 1_000 }
const id = (prefix: string, number: number) => `${prefix}_${String(number).padStart(32, '0')}`

let context: AssetsContext
beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())

/** Something that could happen to one of three instances, six projects and thirty assets. */
function randomCommand(random: Random, step: number): StorageCommand {
  const at = new Date(Date.UTC(2026, 0, 1, 0, step)).toISOString()
  const purgeAt = new Date(Date.UTC(2026, 0, 1, 0, step + 30)).toISOString()
  const number = random.integer(0, 5)
  const projectId = id('prj', number)
  const instanceId = id('ins', random.chance(0.9) ? number % 3 : random.integer(0, 2))
  const assetId = id('ast', random.integer(0, 29))
  const reservationId = id('rsv', random.integer(0, 1))
  const base = { ownerId, at, purgeAt }
  const project = { ...base, instanceId, projectId }
  const someAssets = () =>
    Array.from({ length: random.integer(0, 4) }, () => id('ast', random.integer(0, 29)))
  const place = random.chance(0.6)
    ? ({ projectId, home: 'project' } as const)
    : { home: random.chance(0.5) ? ('library' as const) : ('files' as const) }
  const reserve = (): StorageCommand => ({
    type: 'ReserveSpace',
    ...base,
    instanceId,
    reservationId,
    bytes: random.integer(0, 999),
    images: 0,
    expiresAt: purgeAt,
    limits,
  })
  const store = (): StorageCommand => ({
    type: 'StoreAssets',
    ...base,
    instanceId,
    reservationId,
    ...place,
    limits,
    assets: [
      {
        assetId: id('ast', step % 30),
        name: 'a',
        mediaType: random.chance(0.5) ? 'image/png' : 'text/plain',
        sizeBytes: random.integer(0, 999),
        sha256: '5'.repeat(64),
      },
    ],
  })
  const choices: readonly (() => StorageCommand)[] = [
    () => ({ type: 'ProvisionStorage', ...base, instanceId }),
    () => ({ type: 'HideStorage', ...base, instanceId }),
    () => ({ type: 'ShowStorage', ...base, instanceId }),
    () => ({ type: 'ShowStorage', ...base, instanceId }),
    () => ({
      // Seldom, and one of them never: it is for good.
      type: random.chance(0.05) && number % 3 > 0 ? 'ReleaseStorage' : 'ShowStorage',
      ...base,
      instanceId,
    }),
    () => ({ type: 'ChangeUses', ...project, named: someAssets(), dropped: someAssets() }),
    () => ({ type: 'ChangeUses', ...project, named: someAssets(), dropped: [] }),
    () => ({ type: random.chance(0.5) ? 'HideProject' : 'ShowProject', ...project }),
    () => ({ type: random.chance(0.3) ? 'ReleaseProject' : 'ShowProject', ...project }),
    reserve,
    reserve,
    store,
    store,
    store,
    () => ({ type: 'DeleteAsset', ...base, assetId, discard: random.chance(0.5) }),
    () => ({ type: 'LetGoOfFiles', ...base, assetIds: someAssets() }),
    () => ({ type: 'CollectAssets', ...base, assetIds: [assetId] }),
  ]
  const chosen = choices[random.integer(0, choices.length - 1)]
  if (!chosen) throw new Error('no choice')
  return chosen()
}

it(`shows in lists what the domain shows, after a random life (SEED=${seed})`, async () => {
  const random = createRandom(seed)
  const { storages, database } = context
  const shownOnce = { yes: 0, no: 0 }
  for (let step = 0; step < stepsCount; step += 1) {
    const command = randomCommand(random, step)
    const { state } = await storages.load('acme', ownerId)
    // An id is never given twice.
    if (command.type === 'StoreAssets' && state.assets.has(command.assets[0]?.assetId ?? ''))
      continue
    await storages.handle(ownerId, command, causeIn('acme')).catch((error: unknown) => {
      if (!(error instanceof Rejection)) throw error
    })
    if (step % 20 !== 19) continue

    await context.caughtUp()
    const after = (await storages.load('acme', ownerId)).state
    const expected = [...after.assets.entries()]
      .map(([assetId]) => assetId)
      .filter((assetId) => isShown(after, assetId))
    const [listed, usage] = await database.forTenant('acme', async (client) => [
      await listAssets(client, { ownerId, limit: 100 }),
      await sumUsage(client, ownerId),
    ])
    expect(new Set(listed.map((asset) => asset.id))).toEqual(new Set(expected))
    const bytes = usage.filter((row) => row.isShown).reduce((sum, row) => sum + row.bytes, 0)
    expect(bytes).toBe(after.used.bytes)
    shownOnce.yes += expected.length
    shownOnce.no += after.assets.size - expected.length
  }
  // Both were there, or the comparison says little.
  expect(shownOnce.yes).toBeGreaterThan(0)
  expect(shownOnce.no).toBeGreaterThan(0)
})
