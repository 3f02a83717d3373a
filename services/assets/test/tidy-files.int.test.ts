import { derivedId, newCommandId } from '@atrium/platform/identifier.ts'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { isShown } from '../src/storage-state.ts'
import { entryAt } from '../src/files/tree-state.ts'
import { tidyFiles } from '../src/timers/tidy-files.ts'
import { causeIn, createAssetsContext, type AssetsContext } from './assets-context.ts'

// What a process leaves that dies between two of the steps of a request.

let context: AssetsContext
let ownerId: string
let instanceId: string
const limits = { bytesMax: 1_000_000, imagesMax: 100 }
const at = '2026-01-01T00:00:00.000Z'
const later = '2026-01-02T00:00:00.000Z'

beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())
beforeEach(async () => {
  ownerId = derivedId('usr', newCommandId())
  instanceId = derivedId('ins', ownerId)
  const which = { ownerId, instanceId, at }
  await context.storages.handle(ownerId, { ...which, type: 'ProvisionStorage' }, causeIn('acme'))
})

const tidy = async () => {
  await context.caughtUp()
  const { storages, trees, database } = context
  const found = await tidyFiles({ storages, trees, graceMs: 1_000, owner: database.owner }, later)
  await context.caughtUp()
  return found
}

/** An asset as an upload to the files leaves it. */
async function storeAsset(word: string) {
  const reservationId = derivedId('rsv', ownerId, word)
  const assetId = derivedId('ast', ownerId, word)
  const which = { ownerId, instanceId, reservationId, at, limits }
  await context.storages.handle(
    ownerId,
    { ...which, type: 'ReserveSpace', bytes: 1, images: 0, expiresAt: later },
    causeIn('acme'),
  )
  const content = { assetId, mediaType: 'text/plain', sizeBytes: 1, sha256: 'a'.repeat(64) }
  const assets = [{ ...content, name: word }]
  await context.storages.handle(
    ownerId,
    { ...which, type: 'StoreAssets', home: 'files', assets },
    causeIn('acme'),
  )
  return content
}

const writeFile = async (name: string) => {
  const content = await storeAsset(name)
  const entryId = derivedId('fil', ownerId, name)
  const target = { path: [name], entryId, folderIds: [], entriesMax: 10 }
  const which = { instanceId, ownerId, at, writtenBy: ownerId }
  await context.trees.handle(
    instanceId,
    { ...target, ...which, type: 'WriteFile', content },
    causeIn('acme'),
  )
  return content.assetId
}
const isKept = async (assetId: string) =>
  isShown((await context.storages.load('acme', ownerId)).state, assetId)

it('leaves alone what is in a file', async () => {
  const assetId = await writeFile('a.txt')
  await tidy()
  expect(await isKept(assetId)).toBe(true)
})

it('tells the storage of what a tree let go of', async () => {
  const assetId = await writeFile('a.txt')
  const command = { type: 'DeleteEntry', instanceId, ownerId, at, path: ['a.txt'] } as const
  await context.trees.handle(instanceId, command, causeIn('acme'))
  expect(await tidy()).toBeGreaterThan(0) // met again in the same round where the list is behind
  expect(await isKept(assetId)).toBe(false)
  expect((await context.trees.load('acme', instanceId)).state.letGo.size).toBe(0)
  expect(await tidy()).toBe(0)
})

it('lets go of what was stored for a file that never came to be', async () => {
  const { assetId } = await storeAsset('never')
  expect(await tidy()).toBe(1)
  expect(await isKept(assetId)).toBe(false)
  expect(await tidy()).toBe(0)
})

it('drops a copy that was never attached, with its assets', async () => {
  const content = await storeAsset('copied')
  const copyId = derivedId('fil', ownerId, 'copy')
  const entries = [{ entryId: derivedId('fil', ownerId, 'inside'), name: 'a.txt', content }]
  const which = { instanceId, ownerId, at, entriesMax: 10 }
  await context.trees.handle(
    instanceId,
    { ...which, type: 'AddCopies', copyId, entries, writtenBy: ownerId },
    causeIn('acme'),
  )
  await tidy()
  await tidy() // the assets of what the first round dropped
  expect(await isKept(content.assetId)).toBe(false)
  const { state } = await context.trees.load('acme', instanceId)
  expect([state.entries.size, entryAt(state, ['a.txt'])]).toEqual([0, undefined])
})
